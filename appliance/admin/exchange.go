package admin

import (
	"context"
	"errors"
	"hash/maphash"
	"io"

	"pillarbox/appliance/retention"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
)

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
		if err := s.talk.send("offer", string(v.AppendUID(nil, n)), v.Octets(n)); err != nil {
			return lost(err)
		}
		answer, _, err := s.talk.read()
		switch {
		case err != nil:
			return lost(unexpected(err))
		case answer == "take":
			err = s.give(v, n)
		case answer != "skip":
			err = errProtocol
		}
		if err != nil {
			return err
		}
	}
	return lost(s.talk.send("done"))
}

// give sends one mail, after it was read past the page cache and verified.
func (s *session) give(v *spool.View, n int) error {
	if sound, err := v.Sound(n); err != nil {
		return err
	} else if !sound {
		return lost(s.talk.send("damaged"))
	}
	m, err := v.Message(n)
	switch {
	case errors.Is(err, spool.ErrDamaged):
		return lost(s.talk.send("damaged"))
	case errors.Is(err, spool.ErrGone):
		return lost(s.talk.send("gone"))
	case err != nil:
		return err
	}
	defer m.Close()
	o := m.Origin()
	line := []any{"mail", o.From, o.Received.Unix()}
	if _, fetched := v.Marked(retention.FetchedLabel, n); fetched {
		line = append(line, seen)
	}
	s.talk.add(line...)
	stored := io.NewSectionReader(m, 0, m.Size())
	if _, err := transfer.Copy(&transfer.Plain{To: s.talk}, stored); err != nil {
		return lost(err) // in the middle of a mail there is no place for words
	}
	if err := s.talk.end(); err != nil {
		return lost(err)
	}
	if answer, _, err := s.talk.read(); err != nil || answer != "kept" {
		return lost(errors.Join(err, errProtocol))
	}
	return nil
}

// uids are the unique-ids that a mailbox has: about 50 octets each.
type uids struct {
	seed maphash.Seed
	sums map[uint64]uint32 // to the number in the view, 0 for what came later
}

func uidsOf(v *spool.View) *uids {
	u := &uids{maphash.MakeSeed(), make(map[uint64]uint32, v.Len())}
	var uid []byte
	for n := 1; n <= v.Len(); n++ {
		uid = v.AppendUID(uid[:0], n)
		u.add(string(uid), n)
	}
	return u
}

func (u *uids) add(uid string, n int) {
	if uid != "" {
		u.sums[maphash.String(u.seed, uid)] = uint32(n)
	}
}

// find returns the number of the message that has the unique-id. That another one has the same sum
// of 64 bits, under a seed of this import alone, is less likely than that the machine errs.
func (u *uids) find(uid string) (n int, there bool) {
	number, there := u.sums[maphash.String(u.seed, uid)]
	return int(number), uid != "" && there
}

// identityOf returns the identity of message n of a mailbox, "" if the message cannot be read. It
// reads the message.
func identityOf(v *spool.View, n int) string {
	if n == 0 { // imported in this session: no view has it
		return ""
	}
	m, err := v.Message(n)
	if err != nil {
		return ""
	}
	defer m.Close()
	identity, err := transfer.IdentityOf(io.NewSectionReader(m, 0, m.Size()))
	if err != nil {
		return ""
	}
	return identity
}
