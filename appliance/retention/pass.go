package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"pillarbox/appliance/logbook"
)

// An Account is a mailbox with its policy.
type Account struct {
	Name   string
	Key    uint64 // of its mailbox
	Policy Policy
}

// A Store opens mailboxes by their keys.
type Store interface {
	Mailbox(key uint64) (Mailbox, error)
}

// Pass removes what is due in the mailboxes of the accounts, one after the other. A mailbox with nothing to remove is not written to; the
// others are one update each. What goes wrong with one does not keep it from the others.
func Pass(ctx context.Context, s Store, accounts []Account, t Term, log *logbook.Logger) error {
	var failed []error
	for _, a := range accounts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := clean(ctx, s, a, t, log); err != nil {
			failed = append(failed, fmt.Errorf("retention of %s: %w", a.Name, err))
		}
	}
	return errors.Join(failed...)
}

// clean removes what is due in one mailbox.
func clean(ctx context.Context, s Store, a Account, t Term, log *logbook.Logger) error {
	box, err := s.Mailbox(a.Key)
	if err != nil {
		return err
	}
	defer box.Close()
	if !a.Policy.Removes() && !box.Bears(BinLabel) {
		return nil
	}
	var counts [reasons]int
	for n := 1; n <= box.Len(); n++ {
		counts[a.Policy.Judge(box, n, t)]++
	}
	if counts[Stays] == box.Len() {
		return nil
	}
	err = box.Update(ctx, Change{Expunge: those(box, func(n int) bool { return a.Policy.Judge(box, n, t) != Stays })})
	if err != nil {
		return err
	}
	log.Info("retention removed mail", logbook.String("mailbox", a.Name), logbook.Int("old", counts[Old]),
		logbook.Int("fetched", counts[Fetched]), logbook.Int("binned", counts[Binned]), logbook.Int("left", counts[Stays]))
	return nil
}

// those are the messages of a mailbox that are meant, in order.
func those(box Mailbox, meant func(n int) bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= box.Len(); n++ {
			if meant(n) && !yield(n) {
				return
			}
		}
	}
}
