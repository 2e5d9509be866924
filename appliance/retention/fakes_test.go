package retention

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A message is a message of a fake store.
type message struct {
	name  string
	came  int // day of arrival
	marks map[string]int
}

// A store is a Store in memory. It counts its updates.
type store struct {
	mailboxes map[uint64][]*message
	updates   int
	broken    uint64 // the mailbox that cannot be opened
}

func (s *store) Mailbox(key uint64) (Mailbox, error) {
	if key == s.broken {
		return nil, errors.New("out of order")
	}
	return &frozen{s, key, slices.Clone(s.mailboxes[key])}, nil
}

// names returns the names of the messages in a mailbox.
func (s *store) names(key uint64) (names []string) {
	for _, l := range s.mailboxes[key] {
		names = append(names, l.name)
	}
	return names
}

// A frozen is a view of a mailbox of a store.
type frozen struct {
	store    *store
	key      uint64
	messages []*message
}

func (f *frozen) Len() int           { return len(f.messages) }
func (f *frozen) Octets(n int) int64 { return int64(len(f.messages[n-1].name)) }
func (f *frozen) Day(n int) int      { return f.messages[n-1].came }
func (f *frozen) Close() error       { return nil }

func (f *frozen) Bears(label string) bool {
	return slices.ContainsFunc(f.messages, func(l *message) bool { _, ok := l.marks[label]; return ok })
}

func (f *frozen) Marked(label string, n int) (int, bool) {
	day, ok := f.messages[n-1].marks[label]
	return day, ok
}

func (f *frozen) Update(_ context.Context, c Change) error {
	f.store.updates++
	for _, m := range c.Marks {
		for n := range m.Messages {
			l := f.messages[n-1]
			if l.marks == nil {
				l.marks = map[string]int{}
			}
			if before, ok := l.marks[m.Label]; !ok || m.Day < before {
				l.marks[m.Label] = m.Day
			}
		}
	}
	if c.Expunge == nil {
		return nil
	}
	gone := map[*message]bool{}
	for n := range c.Expunge {
		gone[f.messages[n-1]] = true
	}
	f.store.mailboxes[f.key] = slices.DeleteFunc(slices.Clone(f.store.mailboxes[f.key]), func(l *message) bool { return gone[l] })
	return nil
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)
