package spool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestSmallSpoolTakesMail: most of a small spool can be made room of, and the box is started again
// after each round. Eight slots are the fewest: when three are kept and four are being written,
// there is only one to make room with.
func TestSmallSpoolTakesMail(t *testing.T) {
	for _, test := range []struct{ slots, livePercent int64 }{{8, 24}, {16, 50}} {
		t.Run(fmt.Sprintf("%d slots, %d%% live", test.slots, test.livePercent), func(t *testing.T) {
			t.Parallel()
			rounds := repeat(60)
			rng := rand.New(rand.NewPCG(1, 1))
			opt := options(flashtest.New(flashtest.Options{}))
			opt.SlotSize, opt.Capacity = 4*testSlot, test.slots*4*testSlot
			refused := 0
			for range rounds {
				s, err := Open(context.Background(), opt)
				must(t, err)
				if smallRound(t, s, rng, opt.Capacity/100*test.livePercent) == 0 {
					refused++
				}
				must(t, s.Close())
			}
			if refused > 0 {
				t.Errorf("no mail was taken in %d of %d rounds", refused, rounds)
			}
		})
	}
}

// smallRound delivers until the spool is full or the round is over, and deletes until so many bytes
// live. It returns how many mails were taken.
func smallRound(t *testing.T, s *Spool, rng *rand.Rand, live int64) (taken int) {
	t.Helper()
	must(t, s.Maintain(context.Background()))
	for range int(s.Capacity()/s.format.SlotSize) * (5 + rng.IntN(20)) {
		size := 250 + rng.IntN(1750)
		if rng.IntN(16) == 0 {
			size = testSlot * 2
		}
		err := deliver(s, mail("m", size), Key(1+rng.IntN(2)))
		if errors.Is(err, ErrFull) {
			break
		}
		must(t, err)
		taken++
		if rng.IntN(4) == 0 {
			must(t, s.Maintain(context.Background()))
		}
	}
	for s.Stats().Live > live {
		for key := Key(1); key <= 2; key++ {
			must(t, expungeAll(s, key, func(int) bool { return rng.IntN(4) > 0 }))
		}
	}
	return taken
}
