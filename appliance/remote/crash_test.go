package remote

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/spool/flash/flashtest"
)

// cutStep spreads the cuts; 1 cuts every operation, which takes a minute.
var cutStep = flag.Int("cut.step", 7, "every operation of this many is cut")

// TestPowerCuts cuts the power at operations of collections. After the cut collections go on until
// nothing is new: then every message is here once, octet by octet, and in delete mode none is left
// at the provider. In between nothing is deleted there that is not here.
func TestPowerCuts(t *testing.T) {
	for _, after := range []config.Span{config.Unbounded, config.FromNow} {
		cuts := operations(t, after)
		if cuts < 10 {
			t.Fatalf("%d operations: the test shows nothing", cuts)
		}
		step := *cutStep
		if testing.Short() {
			step *= 4
		}
		for k := 1; k <= cuts; k += step {
			if err := cutAt(t, k, after); err != nil {
				t.Fatalf("after %d, cut in operation %d of %d: %v", after, k, cuts, err)
			}
		}
	}
}

// letters is how many messages the provider of a power cut has; some are large.
const letters = 24

func cutProvider() *scripted {
	p := newProvider(letters, 600)
	p.messages[5] = newLetter(5, 40_000)
	p.messages[11] = newLetter(11, 40_000)
	return p
}

func operations(t *testing.T, after config.Span) int {
	t.Helper()
	dev := flashtest.New(flashtest.Options{})
	if err := collectOn(dev, cutProvider(), after); err != nil {
		t.Fatal(err)
	}
	return dev.Ops()
}

// collectOn opens the spool and collects until nothing is new.
func collectOn(dev *flashtest.Device, p *scripted, after config.Span) error {
	s, err := openSpool(dev, 64)
	if err != nil {
		return err
	}
	a := newAccount()
	a.After = after
	c := newCollector(kept{s}, p, day{today, 1})
	for range 20 {
		r, err := c.Collect(context.Background(), a, false)
		if err != nil || r.New+r.Deleted == 0 {
			return err
		}
	}
	return fmt.Errorf("it never comes to an end")
}

// cutAt cuts the power in one operation, and again while the spool recovers.
func cutAt(t *testing.T, k int, after config.Span) error {
	dev, p := flashtest.New(flashtest.Options{}), cutProvider()
	all := texts(p)
	dev.CutAt(k)
	if err := collectOn(dev, p, after); err == nil && !dev.Dead() {
		return nil // the operation was in a part that is not always reached
	}
	n := 0
	for title, back := range dev.Outcomes(uint64(k), 6) {
		if n++; n%5 != k%5 && n > 1 { // a fifth of the outcomes
			continue
		}
		if err := goesOn(t, back, p.copy(), all, after, k); err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
	}
	return nil
}

// copy returns a provider with the same messages.
func (p *scripted) copy() *scripted {
	return &scripted{messages: append([]*letter(nil), p.messages...), fail: map[string]int{}}
}

// goesOn collects on what came back of a cut, with another cut on the way.
func goesOn(t *testing.T, dev *flashtest.Device, p *scripted, all map[string]string, after config.Span, k int) error {
	again := rand.New(rand.NewPCG(uint64(k), 1)).IntN(30)
	if k%3 == 0 {
		dev.CutAt(again + 1)
		if err := collectOn(dev, p, after); err != nil && dev.Dead() {
			for _, back := range dev.Outcomes(uint64(k), 4) {
				dev = back
				break
			}
			p.marked = nil
		}
	}
	if err := collectOn(dev, p, after); err != nil {
		return err
	}
	s, err := openSpool(dev, 64)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := once(here(t, s, all), all); err != nil {
		return err
	}
	if after == config.FromNow && len(p.messages) > 0 {
		return fmt.Errorf("%d messages are left at the provider", len(p.messages))
	}
	if after == config.Unbounded && len(p.messages) != letters {
		return fmt.Errorf("%d messages are at the provider, want %d", len(p.messages), letters)
	}
	return nil
}
