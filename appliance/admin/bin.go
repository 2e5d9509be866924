package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/clock"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/retention"
	"pillarbox/appliance/transfer"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// bin lists what was put into the bin of an account within some days.
func (s *session) bin(_ context.Context, words []string) error {
	v, since, err := s.ofBin(words)
	if err != nil {
		return err
	}
	defer v.Close()
	for n := range binned(v, since) {
		day, _ := v.Marked(retention.BinLabel, n)
		from, subject := about(v, n)
		s.talk.add("binned", day, v.Octets(n), short(from), short(subject))
	}
	return lost(s.talk.send("done"))
}

// restore brings back what was put into the bin of an account within some days.
func (s *session) restore(ctx context.Context, words []string) error {
	v, since, err := s.ofBin(words)
	if err != nil {
		return err
	}
	defer v.Close()
	var back []int
	for n := range binned(v, since) {
		there, failed := s.bringBack(ctx, v, words[0], n)
		if err = failed; err != nil {
			break
		}
		if there {
			back = append(back, n)
		}
	}
	// What is there again goes out of the bin, also when the rest could not be brought back.
	if len(back) > 0 {
		err = errors.Join(err, v.Expunge(context.WithoutCancel(ctx), slices.Values(back)))
	}
	if err != nil {
		return fmt.Errorf("%d messages are back, the others are still in the bin: %w", len(back), err)
	}
	return lost(s.talk.send("done", len(back)))
}

// bringBack delivers a message once more, as one that comes now: it has another unique-id, so that
// every client fetches it, and its days begin again. A message that is gone meanwhile, or does not
// verify, is left where it is.
func (s *session) bringBack(ctx context.Context, v *spool.View, to string, n int) (there bool, err error) {
	m, err := v.Message(n)
	if errors.Is(err, spool.ErrGone) || errors.Is(err, spool.ErrDamaged) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer m.Close()
	octets := v.Octets(n)
	d, err := s.Intake.Begin(ctx, delivery.Message{
		Source: delivery.Restore, From: m.Origin().From, Size: octets, Replaces: octets, Received: s.now(),
	}, []delivery.Recipient{{Account: to}})
	if err != nil {
		return false, err
	}
	defer d.Abort()
	if _, err := transfer.Copy(d, io.NewSectionReader(m, 0, m.Size())); err != nil {
		return false, err
	}
	err = d.Commit(ctx, wire.Shape{Octets: octets, Header: m.HeaderSize()})
	return err == nil, err
}

// ofBin reads the words of a request, an account and a number of days: it freezes the mailbox, and
// returns it and the day on which the days begin.
func (s *session) ofBin(words []string) (v *spool.View, since int, err error) {
	if len(words) != 2 {
		return nil, 0, errProtocol
	}
	days, err := strconv.ParseUint(words[1], 10, 31)
	if err != nil {
		return nil, 0, errProtocol
	}
	key, err := s.mailbox(words[:1])
	if err != nil {
		return nil, 0, err
	}
	v, err = s.Spool.View(key)
	return v, max(0, clock.DayOf(s.now())-int(days)), err
}

// binned are the messages that were put into the bin on that day or later.
func binned(v *spool.View, since int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= v.Len(); n++ {
			if day, ok := v.Marked(retention.BinLabel, n); ok && day >= since && !yield(n) {
				return
			}
		}
	}
}

// mostHeader is how far into a message its subject is looked for, in octets.
const mostHeader = 16 << 10

// about returns what distinguishes a message: two fields of its header, as far as they can be
// read.
func about(v *spool.View, n int) (from, subject string) {
	m, err := v.Message(n)
	if err != nil {
		return "", "(" + err.Error() + ")"
	}
	defer m.Close()
	lines := bufio.NewScanner(io.NewSectionReader(m, 0, min(m.HeaderSize(), mostHeader)))
	var field *string
	for lines.Scan() {
		line := lines.Text()
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line != "" && (line[0] == ' ' || line[0] == '\t'):
			if field != nil {
				*field += " " + strings.TrimSpace(line)
			}
			continue
		case strings.EqualFold(name, "From") && from == "":
			field = &from
		case strings.EqualFold(name, "Subject") && subject == "":
			field = &subject
		default:
			field = nil
			continue
		}
		*field = strings.TrimSpace(value)
	}
	return readable(from), readable(subject)
}

// readable decodes the words of a field (RFC 2047) as far as they can be.
func readable(text string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(text); err == nil {
		text = decoded
	}
	return strings.ToValidUTF8(text, "?")
}

// A Binned is a mail in a bin.
type Binned struct {
	Day     time.Time // on which it was put there
	Octets  int64
	From    string // of its header
	Subject string
}

// AllDays is a number of days that leaves nothing out.
const AllDays = math.MaxInt32

// Bin asks what was put into the bin of an account within so many days, the oldest mail first.
func (c *Client) Bin(account string, days int) ([]Binned, error) {
	if err := c.talk.send("bin", account, days); err != nil {
		return nil, err
	}
	var list []Binned
	for {
		verb, words, err := c.read()
		switch {
		case err != nil:
			return nil, err
		case verb == "done":
			return list, nil
		case verb != "binned" || len(words) != 4:
			return nil, errProtocol
		}
		numbers, err := parseNumbers(words[:2], 2)
		if err != nil {
			return nil, err
		}
		list = append(list, Binned{time.Unix(numbers[0]*86400, 0).UTC(), numbers[1], words[2], words[3]})
	}
}

// Restore has mail brought back that was put into the bin of an account within so many days. It
// returns how many.
func (c *Client) Restore(account string, days int) (int, error) {
	if err := c.talk.send("restore", account, days); err != nil {
		return 0, err
	}
	verb, words, err := c.read()
	if err != nil {
		return 0, err
	}
	numbers, err := parseNumbers(words, 1)
	if verb != "done" || err != nil {
		return 0, errProtocol
	}
	return int(numbers[0]), nil
}
