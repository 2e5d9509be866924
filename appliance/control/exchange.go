package control

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"strconv"
	"time"

	"pillarbox/appliance/retention"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// An Origin is what is kept of a mail beside its content.
type Origin struct {
	From     string    // reverse-path, "" for none
	Received time.Time // whole seconds
}

// export offers every mail of a mailbox that is not in the bin, in the order of its numbers.
func (s *session) export(ctx context.Context, words []string) error {
	key, err := s.mailbox(words)
	if err != nil {
		return err
	}
	v, err := s.Spool.View(key)
	if err != nil {
		return err
	}
	defer v.Close()
	for n := 1; n <= v.Len(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, binned := v.Marked(retention.BinLabel, n); binned {
			continue
		}
		if err := s.talk.say("offer", string(v.AppendUID(nil, n)), v.Octets(n)); err != nil {
			return lost(err)
		}
		answer, _, err := s.talk.hear()
		switch {
		case err != nil:
			return lost(unexpected(err))
		case answer == "take":
			err = s.give(v, n)
		case answer != "skip":
			err = errNonsense
		}
		if err != nil {
			return err
		}
	}
	return lost(s.talk.say("done"))
}

// give sends one mail, after it was read past the page cache and verified.
func (s *session) give(v *spool.View, n int) error {
	if sound, err := v.Sound(n); err != nil {
		return err
	} else if !sound {
		return lost(s.talk.say("damaged"))
	}
	m, err := v.Message(n)
	switch {
	case errors.Is(err, spool.ErrDamaged):
		return lost(s.talk.say("damaged"))
	case errors.Is(err, spool.ErrGone):
		return lost(s.talk.say("gone"))
	case err != nil:
		return err
	}
	defer m.Close()
	o := m.Origin()
	s.talk.add("mail", o.From, o.Received.Unix())
	stored := io.NewSectionReader(m, 0, m.Size())
	if _, err := io.CopyBuffer(&plain{to: s.talk}, onlyReader{stored}, make([]byte, piece)); err != nil {
		return lost(err) // in the middle of a mail there is no place for words
	}
	if err := s.talk.end(); err != nil {
		return lost(err)
	}
	if answer, _, err := s.talk.hear(); err != nil || answer != "kept" {
		return lost(errors.Join(err, errNonsense))
	}
	return nil
}

// onlyReader hides a WriterTo, which would bring a buffer of its own.
type onlyReader struct{ io.Reader }

// take imports what the client offers into the mailbox of an account.
func (s *session) take(ctx context.Context, words []string) error {
	key, err := s.mailbox(words)
	if err != nil {
		return err
	}
	had, err := uidsOf(s.Spool, key)
	if err != nil {
		return err
	}
	limit := int64(math.MaxInt64)
	if s.Limit != nil && len(words) == 1 {
		limit = s.Limit(words[0])
	}
	for {
		verb, words, err := s.talk.hear()
		if err != nil {
			return lost(unexpected(err))
		}
		if verb == "done" {
			return lost(s.talk.say("done"))
		}
		if verb != "offer" || len(words) != 2 {
			return errNonsense
		}
		uid := words[0]
		if uid != "" && !ValidUID(uid) {
			return fmt.Errorf("%q is no unique-id: it has 1 to 70 visible characters", uid)
		}
		if had.has(uid) {
			if err := s.talk.say("skip"); err != nil {
				return lost(err)
			}
			continue
		}
		if err := s.talk.say("take"); err != nil {
			return lost(err)
		}
		if err := s.receive(ctx, key, limit, uid, had); err != nil {
			return err
		}
	}
}

// receive takes one mail and keeps it.
func (s *session) receive(ctx context.Context, key spool.Key, limit int64, uid string, had *uids) error {
	verb, words, err := s.talk.hear()
	if err != nil {
		return lost(unexpected(err))
	}
	if verb == "gone" { // the source could not be read after all
		return nil
	}
	if verb != "mail" || len(words) != 2 {
		return errNonsense
	}
	seconds, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return errNonsense
	}
	e := spool.Envelope{From: words[0], UID: uid, Received: time.Unix(seconds, 0)}
	from := &content{talk: s.talk}
	err = s.keep(ctx, key, limit, e, from)
	if drained := from.drain(); drained != nil {
		return lost(drained)
	}
	switch {
	case errors.Is(err, spool.ErrTooLarge):
		return lost(s.talk.say("refused", "larger than smtp.max_message of the configuration"))
	case err != nil:
		return err
	}
	had.add(uid)
	return lost(s.talk.say("kept"))
}

// keep makes wire form of a content and commits it, if the mailbox then holds no more than limit. What does not come to its end is not
// kept.
func (s *session) keep(ctx context.Context, key spool.Key, limit int64, e spool.Envelope, from *content) error {
	d, err := s.Spool.Begin(ctx, e, []spool.Recipient{{Mailbox: key}})
	if err != nil {
		return err
	}
	defer d.Abort()
	var scanner wire.Scanner
	src, dst := make([]byte, piece/4), make([]byte, 0, piece/2+8)
	for {
		n, err := from.Read(src)
		if err != nil && err != io.EOF {
			return err
		}
		dst = scanner.ScanRaw(dst[:0], src[:n])
		if err == io.EOF {
			dst = scanner.Close(dst)
		}
		if _, err := d.Write(dst); err != nil {
			return err
		}
		if err == io.EOF {
			break
		}
	}
	shape := scanner.Shape()
	if shape.Octets > math.MaxUint32 {
		return spool.ErrTooLarge
	}
	if err := s.Spool.Room(shape.Octets); errors.Is(err, spool.ErrTooLarge) {
		return err
	}
	if shape.Octets > limit-s.held(key) {
		return spool.ErrMailboxFull
	}
	return d.Commit(ctx, spool.Shape{Octets: shape.Octets, Header: shape.Header})
}

// held is how many octets a mailbox holds.
func (s *session) held(key spool.Key) int64 {
	for _, box := range s.Spool.Mailboxes() {
		if box.Key == key {
			return box.Octets
		}
	}
	return 0
}

// ValidUID says whether a text can be a unique-id (RFC 1939 §7).
func ValidUID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 70
}

// uids are the unique-ids that a mailbox has: about 40 octets each.
type uids struct {
	seed maphash.Seed
	sums map[uint64]struct{}
}

func uidsOf(from *spool.Spool, key spool.Key) (*uids, error) {
	v, err := from.View(key)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	u := &uids{maphash.MakeSeed(), make(map[uint64]struct{}, v.Len())}
	var uid []byte
	for n := 1; n <= v.Len(); n++ {
		uid = v.AppendUID(uid[:0], n)
		u.add(string(uid))
	}
	return u, nil
}

func (u *uids) add(uid string) {
	if uid != "" {
		u.sums[maphash.String(u.seed, uid)] = struct{}{}
	}
}

// has says whether the unique-id is there. That another one has the same sum of 64 bits, under a seed of this import alone,
// is less likely than that the machine errs.
func (u *uids) has(uid string) bool {
	_, there := u.sums[maphash.String(u.seed, uid)]
	return uid != "" && there
}
