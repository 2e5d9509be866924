package mailbox

import (
	"context"
	"errors"
	"iter"
	"strings"

	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// A Store is a retention.Store of a spool.
type Store struct{ Spool *spool.Spool }

// Mailbox returns a view of the mailbox with a key.
func (s Store) Mailbox(key uint64) (retention.Mailbox, error) {
	view, err := s.Spool.View(spool.Key(key))
	return View{view}, err
}

// A View is a retention.Mailbox.
type View struct{ *spool.View }

// Bears reports whether any message may bear a label.
func (v View) Bears(label string) bool {
	for l := range v.Labels() {
		if l == label {
			return true
		}
	}
	return false
}

// Update makes a change durable.
func (v View) Update(ctx context.Context, c retention.Change) error {
	change := spool.Change{Expunge: c.Expunge}
	for _, m := range c.Marks {
		change.Marks = append(change.Marks, spool.Mark(m))
	}
	err := v.View.Update(ctx, change)
	if binned := binnedBy(c); errors.Is(err, spool.ErrFull) && binned != nil && c.Expunge == nil {
		// There is no memory for labels. The delete goes through anyway: the bin gives way.
		return v.View.Update(ctx, spool.Change{Expunge: binned})
	}
	return err
}

// binnedBy returns the messages that a change puts into the bin; nil if it has none.
func binnedBy(c retention.Change) iter.Seq[int] {
	for _, m := range c.Marks {
		if m.Label == retention.BinLabel {
			return m.Messages
		}
	}
	return nil
}

// MaxDevices is how many devices of an account may have messages hidden from them, because each
// such message takes memory. More are kept where they exist already.
const MaxDevices = 32

// Admits reports whether a device may have a view of the mailbox.
func (v View) Admits(device string) bool {
	devices := 0
	for label := range v.Labels() {
		switch {
		case label == retention.DeviceLabel+device:
			return true
		case strings.HasPrefix(label, retention.DeviceLabel):
			devices++
		}
	}
	return device == "" || devices < MaxDevices
}
