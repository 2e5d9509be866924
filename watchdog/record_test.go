package watchdog

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestRecord follows the record through boots, failed checks and resets.
func TestRecord(t *testing.T) {
	var r Record
	boot := func(name string, reset bool) bool {
		t.Helper()
		var changed bool
		r, changed = r.Began(name, reset)
		again, err := ParseRecord(r.String())
		if err != nil || again != r {
			t.Errorf("%+v was read back as %+v, %v", r, again, err)
		}
		return changed
	}
	fail := func(name string, hardware bool) (hard bool) {
		r, hard = r.Failed(name, noon, "commits: stand still", hardware)
		return hard
	}
	expect := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v; %+v", what, got, want, r)
		}
	}

	expect("without a failed check nothing is written", boot("a", false), false)
	expect("nor at its next boot", boot("b", false), false)

	expect("first a restart", fail("b", true), false)
	expect("in the same boot", boot("b", false), false)
	expect("twice", fail("b", true), false)
	boot("b", false)
	expect("then a reset", fail("b", true), true)
	expect("the reset is noticed if the device does not report it", boot("c", false), true)
	expect("and counted", r.Resets, 1)
	expect("with its reason", r.Reason, "commits: stand still")
	expect("one reset does not brake", r.Brakes(), false)
	expect("in the next boot a restart comes first again", fail("c", true), false)
	boot("d", true)
	expect("one reset is counted once", r.Resets, 2)
	boot("e", true)
	expect("three resets brake", r.Brakes(), true)
	boot("e", true)
	expect("and a start again in that boot makes no difference", r.Resets, 3)
	expect("switched off and on", boot("f", false), true)
	expect("power on clears the record", r, Record{})

	boot("g", true)
	expect("a reset without a record counts too", r.Resets, 1)
	r, _ = r.Settled()
	expect("an hour of passing checks clears the record", r, Record{})

	for _, name := range []string{"h", "i", "j", "k", "l"} { // the device reports a reset each time
		boot(name, true)
		r, _ = r.Stopped()
	}
	expect("orderly stops are not resets", r.Brakes(), false)
	boot("m", false)
	expect("and leave nothing", r, Record{})

	for range 10 {
		if fail("h", false) {
			t.Error("a reset without a hardware watchdog")
		}
	}
	expect("and no reset is counted", boot("i", false), true)
	expect("", r, Record{})
}

func TestReasonIsOneLine(t *testing.T) {
	r, _ := Record{}.Failed("a", noon, "one\ntwo\x00"+strings.Repeat("x", 5000)+"\xff", false)
	if strings.Count(r.String(), "\n") != 4 || len(r.Reason) > longestReason || !strings.HasPrefix(r.Reason, "one two ") {
		t.Errorf("got %q", r.String())
	}
}

func FuzzRecord(f *testing.F) {
	r, _ := Record{Resets: 2}.Failed("boot", noon, "reason", true)
	f.Add(r.String())
	f.Add("resets -1\n")
	f.Add("later 7\nreason \n")
	f.Fuzz(func(t *testing.T, file string) {
		r, err := ParseRecord(file)
		if err != nil {
			return
		}
		if again, err := ParseRecord(r.String()); err != nil || again != r {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}
