package retention

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A letter is a message of a fake store.
type letter struct {
	name  string
	came  int // day
	marks map[string]int
}

// A shelf is a fake store of mailboxes. It counts its updates.
type shelf struct {
	boxes   map[uint64][]*letter
	updates int
	broken  uint64 // the mailbox that cannot be opened
}

func (s *shelf) Mailbox(key uint64) (Mailbox, error) {
	if key == s.broken {
		return nil, errors.New("out of order")
	}
	return &frozen{s, key, slices.Clone(s.boxes[key])}, nil
}

// names lists the letters that are left in a mailbox.
func (s *shelf) names(key uint64) (names []string) {
	for _, l := range s.boxes[key] {
		names = append(names, l.name)
	}
	return names
}

// A frozen is a view of a mailbox of a shelf.
type frozen struct {
	shelf   *shelf
	key     uint64
	letters []*letter
}

func (f *frozen) Len() int           { return len(f.letters) }
func (f *frozen) Octets(n int) int64 { return int64(len(f.letters[n-1].name)) }
func (f *frozen) Day(n int) int      { return f.letters[n-1].came }
func (f *frozen) Close() error       { return nil }

func (f *frozen) Bears(label string) bool {
	return slices.ContainsFunc(f.letters, func(l *letter) bool { _, ok := l.marks[label]; return ok })
}

func (f *frozen) Marked(label string, n int) (int, bool) {
	day, ok := f.letters[n-1].marks[label]
	return day, ok
}

func (f *frozen) Update(_ context.Context, c Change) error {
	f.shelf.updates++
	for _, m := range c.Marks {
		for n := range m.Messages {
			l := f.letters[n-1]
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
	gone := map[*letter]bool{}
	for n := range c.Expunge {
		gone[f.letters[n-1]] = true
	}
	f.shelf.boxes[f.key] = slices.DeleteFunc(slices.Clone(f.shelf.boxes[f.key]), func(l *letter) bool { return gone[l] })
	return nil
}

// built is the date of the build that the tests are about, at noon.
var built = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// A desk is a machine whose clocks a test moves.
type desk struct{ Reading }

func newDesk() *desk { return &desk{Reading{built.Add(30 * day), 100 * time.Hour}} }

func (d *desk) read() Reading { return d.Reading }

// pass lets time pass.
func (d *desk) pass(by time.Duration) { d.Wall, d.Up = d.Wall.Add(by), d.Up+by }

// set sets the wall clock.
func (d *desk) set(by time.Duration) { d.Wall = d.Wall.Add(by) }

// boot starts the machine anew after a time off; its uptime begins at zero.
func (d *desk) boot(after time.Duration) { d.Wall, d.Up = d.Wall.Add(after), 0 }
