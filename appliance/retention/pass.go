package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

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

// Relieve expunges messages from the bins of the accounts, those of the oldest day first, until
// missing returns zero or less, or the bins are empty. missing returns how many octets have to be
// freed; no more messages are expunged than are needed for that. Each day of a mailbox is one
// update, and one more if that did not suffice. The order does not depend on a trusted clock: the
// messages that were binned first, by the clock of that time, are expunged first.
func Relieve(ctx context.Context, s Store, accounts []Account, missing func() int64, log *zap.Logger) error {
	removed, octets := 0, int64(0)
	defer func() {
		if removed > 0 {
			log.Info("messages in the bin removed to make room", zap.Int("messages", removed), zap.Int64("octets", octets))
		}
	}()
	for after := -1; missing() > 0; {
		oldest, err := oldestBinned(s, accounts, after)
		if err != nil || oldest > clock.LastDay {
			return err
		}
		for _, a := range accounts {
			for want := missing(); want > 0; want = missing() {
				n, sum, err := expungeDay(ctx, s, a, oldest, want)
				if err != nil {
					return err
				}
				if n == 0 {
					break
				}
				removed, octets = removed+n, octets+sum
			}
		}
		after = oldest
	}
	return nil
}

// BinOctets returns how many octets of a mailbox are in the bin.
func BinOctets(s Store, a Account) (octets int64, err error) {
	mailbox, err := s.Mailbox(a.Key)
	if err != nil {
		return 0, err
	}
	defer mailbox.Close()
	for n := 1; mailbox.Bears(BinLabel) && n <= mailbox.Len(); n++ {
		if _, ok := mailbox.Marked(BinLabel, n); ok {
			octets += mailbox.Octets(n)
		}
	}
	return octets, nil
}

// oldestBinned returns the first day after `after` on which something was binned, or a day beyond
// all others.
func oldestBinned(s Store, accounts []Account, after int) (oldest int, err error) {
	oldest = clock.LastDay + 1
	for _, a := range accounts {
		mailbox, err := s.Mailbox(a.Key)
		if err != nil {
			return 0, err
		}
		for n := 1; mailbox.Bears(BinLabel) && n <= mailbox.Len(); n++ {
			if day, ok := mailbox.Marked(BinLabel, n); ok && day > after {
				oldest = min(oldest, day)
			}
		}
		mailbox.Close()
	}
	return oldest, nil
}

// expungeDay expunges messages that were binned on a day, the first ones first, until they have
// want octets. It returns how many, and their octets.
func expungeDay(ctx context.Context, s Store, a Account, day int, want int64) (removed int, octets int64, err error) {
	mailbox, err := s.Mailbox(a.Key)
	if err != nil {
		return 0, 0, err
	}
	defer mailbox.Close()
	var which []int // 8 B per message
	for n := 1; mailbox.Bears(BinLabel) && n <= mailbox.Len() && octets < want; n++ {
		if of, ok := mailbox.Marked(BinLabel, n); ok && of == day {
			which = append(which, n)
			octets += mailbox.Octets(n)
		}
	}
	if len(which) == 0 {
		return 0, 0, nil
	}
	return len(which), octets, mailbox.Update(ctx, Change{Expunge: slices.Values(which)})
}
