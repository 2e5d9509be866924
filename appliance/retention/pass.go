package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"go.uber.org/zap"

	"pillarbox/appliance/clock"
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

// Pass removes what is due in the mailboxes of the accounts, one after the other. A mailbox with
// nothing to remove is not written to; every other one is one update. An error in one mailbox does
// not affect the others.
func Pass(ctx context.Context, s Store, accounts []Account, t clock.Interval, log *zap.Logger) error {
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
func clean(ctx context.Context, s Store, a Account, t clock.Interval, log *zap.Logger) error {
	mailbox, err := s.Mailbox(a.Key)
	if err != nil {
		return err
	}
	defer mailbox.Close()
	if !a.Policy.Removes() && !mailbox.Bears(BinLabel) {
		return nil
	}
	var counts [reasons]int
	for n := 1; n <= mailbox.Len(); n++ {
		counts[a.Policy.Judge(mailbox, n, t)]++
	}
	if counts[Stays] == mailbox.Len() {
		return nil
	}
	err = mailbox.Update(ctx, Change{Expunge: those(mailbox, func(n int) bool { return a.Policy.Judge(mailbox, n, t) != Stays })})
	if err != nil {
		return err
	}
	log.Info("retention removed mail", zap.String("mailbox", a.Name), zap.Int("old", counts[Old]),
		zap.Int("fetched", counts[Fetched]), zap.Int("binned", counts[Binned]), zap.Int("left", counts[Stays]))
	return nil
}

// those returns the messages of a mailbox for which meant is true, in order.
func those(mailbox Mailbox, meant func(n int) bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= mailbox.Len(); n++ {
			if meant(n) && !yield(n) {
				return
			}
		}
	}
}
