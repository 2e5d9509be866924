package retention

import (
	"context"

	"pillarbox/appliance/logbook"
)

// Relieve empties the bins of the accounts, all mail of the oldest day first, until enough says so or they are empty. Each day
// and mailbox is one update. The order needs no clock that can be believed: what goes first was binned first, by the clock of
// then.
func Relieve(ctx context.Context, s Store, accounts []Account, enough func() bool, log *logbook.Logger) error {
	removed := 0
	defer func() {
		if removed > 0 {
			log.Info("the bin gave way to new mail", logbook.Int("messages", removed))
		}
	}()
	for after := -1; !enough(); {
		oldest, err := oldestBinned(s, accounts, after)
		if err != nil || oldest > lastDay {
			return err
		}
		for _, a := range accounts {
			if enough() {
				return nil
			}
			n, err := emptyDay(ctx, s, a, oldest)
			if err != nil {
				return err
			}
			removed += n
		}
		after = oldest
	}
	return nil
}

// oldestBinned returns the first day behind after on which something was binned; one beyond all days: there is none.
func oldestBinned(s Store, accounts []Account, after int) (oldest int, err error) {
	oldest = lastDay + 1
	for _, a := range accounts {
		box, err := s.Mailbox(a.Key)
		if err != nil {
			return 0, err
		}
		for n := 1; box.Bears(BinLabel) && n <= box.Len(); n++ {
			if day, ok := box.Marked(BinLabel, n); ok && day > after {
				oldest = min(oldest, day)
			}
		}
		box.Close()
	}
	return oldest, nil
}

// emptyDay removes what was binned on a day.
func emptyDay(ctx context.Context, s Store, a Account, of int) (removed int, err error) {
	box, err := s.Mailbox(a.Key)
	if err != nil {
		return 0, err
	}
	defer box.Close()
	onDay := func(n int) bool {
		day, ok := box.Marked(BinLabel, n)
		return ok && day == of
	}
	for range those(box, onDay) {
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, box.Update(ctx, Change{Expunge: those(box, onDay)})
}
