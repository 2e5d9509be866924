package admin

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/outbound"
	"pillarbox/appliance/statedir"
	"pillarbox/spool"
)

// filesQueue returns the queue of a spool that no server has open: it is listed and held, and sends
// nothing.
func filesQueue(s *spool.Spool, state string) Queue {
	waiting := slices.ContainsFunc(s.Mailboxes(), func(box spool.MailboxStats) bool { return box.Key == outbound.Key })
	// After an error all is held.
	hold, _ := outbound.OpenHold(filepath.Join(state, statedir.QueueFile), statedir.Identity, waiting)
	return outbound.New(outbound.Options{
		Spool: s, Hold: hold,
		Wall: func() (time.Time, bool) { return time.Time{}, false },
	})
}

// queue answers "queue", which lists the outgoing mail, and "queue VERB all | id ID | to ADDRESS |
// from ADDRESS", which does something with a part of it.
func (s *session) queue(ctx context.Context, words []string) error {
	if s.Queue == nil {
		return errors.New("there is no queue of outgoing mail")
	}
	if len(words) == 0 {
		return s.listQueue()
	}
	verb := outbound.Verb(words[0])
	if !s.Running && verb != outbound.Suspend && verb != outbound.Release {
		return fmt.Errorf("no server runs, and %s needs one: pillarbox serve starts it", verb)
	}
	selection, ok := selectionOf(words[1:])
	if !ok {
		return errProtocol
	}
	n, err := s.Queue.Do(ctx, verb, selection)
	if err != nil {
		return err
	}
	return lost(s.talk.send("done", n))
}

func selectionOf(words []string) (s outbound.Selection, ok bool) {
	switch {
	case len(words) == 1 && words[0] == "all":
		s.All = true
	case len(words) == 2 && words[0] == "id":
		s.IDs = strings.Split(words[1], ",")
	case len(words) == 2 && words[0] == "to" && words[1] != "":
		s.To = words[1]
	case len(words) == 2 && words[0] == "from" && words[1] != "":
		s.From = words[1]
	default:
		return s, false
	}
	return s, true
}

// listQueue tells of each recipient in two lines: what it is, and how it is.
func (s *session) listQueue() error {
	list, err := s.Queue.List()
	if err != nil {
		return err
	}
	for _, e := range list {
		next := int64(0)
		if !e.Next.IsZero() {
			next = e.Next.Unix()
		}
		s.talk.add("queued", e.ID, e.Account, e.From, e.To, e.Octets, e.Received.Unix())
		s.talk.add("state", next, e.Tries, e.Held, e.Doubt, short(e.Why))
	}
	return lost(s.talk.send("done", s.Queue.Held()))
}

// Queue lists the outgoing mail. held reports whether all of it is held.
func (c *Client) Queue() (list []outbound.Entry, held bool, err error) {
	if err := c.talk.send("queue"); err != nil {
		return nil, false, err
	}
	for {
		verb, words, err := c.read()
		switch {
		case err != nil:
			return nil, false, err
		case verb == "queued" && len(words) == 6:
			list, err = appendEntry(list, words)
		case verb == "state" && len(words) == 5 && len(list) > 0:
			err = fillEntry(&list[len(list)-1], words)
		case verb == "done" && len(words) == 1:
			return list, words[0] == "true", nil
		default:
			err = errProtocol
		}
		if err != nil {
			return nil, false, err
		}
	}
}

func appendEntry(list []outbound.Entry, words []string) ([]outbound.Entry, error) {
	numbers, err := parseNumbers(words[4:], 2)
	if err != nil {
		return nil, err
	}
	return append(list, outbound.Entry{
		ID: words[0], Account: words[1], From: words[2], To: words[3], Octets: numbers[0], Received: time.Unix(numbers[1], 0),
	}), nil
}

func fillEntry(e *outbound.Entry, words []string) error {
	numbers, err := parseNumbers(words[:2], 2)
	if err != nil {
		return err
	}
	if numbers[0] > 0 {
		e.Next = time.Unix(numbers[0], 0)
	}
	e.Tries, e.Held, e.Doubt, e.Why = int(numbers[1]), words[2] == "true", words[3] == "true", words[4]
	return nil
}

// DoQueue applies a verb to a part of the outgoing mail, and returns for how many messages.
func (c *Client) DoQueue(verb outbound.Verb, s outbound.Selection) (n int, err error) {
	ask := []any{"queue", verb}
	switch {
	case s.All:
		ask = append(ask, "all")
	case len(s.IDs) > 0:
		ask = append(ask, "id", strings.Join(s.IDs, ","))
	case s.To != "":
		ask = append(ask, "to", s.To)
	default:
		ask = append(ask, "from", s.From)
	}
	if err := c.talk.send(ask...); err != nil {
		return 0, err
	}
	word, words, err := c.read()
	if err != nil {
		return 0, err
	}
	if word != "done" || len(words) != 1 {
		return 0, errProtocol
	}
	return strconv.Atoi(words[0])
}
