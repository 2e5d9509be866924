package child

import (
	"io"
	"runtime"
	"testing"

	"pillarbox/appliance/remote/session"
)

// crowded is a session with as many messages as its value, of which nothing comes.
type crowded struct {
	session.Mailbox
	messages int
}

func (c crowded) List(each func(session.Message) error) error {
	for range c.messages {
		if err := each(session.Message{}); err != nil {
			return err
		}
	}
	return nil
}

func (crowded) Header(uint64, io.Writer) error       { return nil }
func (crowded) Fetch(uint64, int64, io.Writer) error { return nil }

// TestGarbage: what a session of IMAP leaves behind is collected while it lists, reads headers and
// fetches.
func TestGarbage(t *testing.T) {
	m := &tidy{Mailbox: crowded{messages: 1000}}
	collections := func() uint32 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.NumForcedGC
	}
	for name, do := range map[string]func() error{
		"List": func() error { return m.List(func(session.Message) error { return nil }) },
		"Header": func() (err error) {
			for range 250 {
				err = m.Header(1, io.Discard)
			}
			return err
		},
		"Fetch": func() (err error) {
			for range 250 {
				err = m.Fetch(1, 0, io.Discard)
			}
			return err
		},
	} {
		before := collections()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if n := collections() - before; n < 10 || n > 50 {
			t.Errorf("%s: %d collections for 1 to 2 MiB", name, n)
		}
	}
}
