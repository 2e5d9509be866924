package retention

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/clock"
)

// TestPass: what a pass removes of messages that arrived 50, 45 … 5 days ago; c was fetched 30 days
// ago, d yesterday, and e was binned 20 days ago.
func TestPass(t *testing.T) {
	for _, tt := range []struct {
		name    string
		policy  Policy
		term    clock.Interval
		left    string
		updates int
	}{
		{"for ever", Policy{BinDays: 100}, term, "abcdefghij", 0},
		{"30 days", Policy{KeepDays: 30, BinDays: 100}, term, "efghij", 1},
		{"44 days", Policy{KeepDays: 44, BinDays: 100}, term, "cdefghij", 1},
		{"45 days", Policy{KeepDays: 45, BinDays: 100}, term, "bcdefghij", 1},
		{"30 days after it was fetched", Policy{KeepAfterFetch: 30, BinDays: 100}, term, "abdefghij", 1},
		{"31 days after", Policy{KeepAfterFetch: 31, BinDays: 100}, term, "abcdefghij", 0},
		{"20 days in the bin", Policy{BinDays: 20}, term, "abcdfghij", 1},
		{"21 days in the bin", Policy{BinDays: 21}, term, "abcdefghij", 0},
		{"a bin that is no more", Policy{}, term, "abcdfghij", 1},
		{"all of it", Policy{1, 1, 1}, term, "", 1},
		{"an interval of 10 days", Policy{30, 29, 19}, clock.Interval{Since: noon.Add(-10 * day), Now: noon}, "abcdefghij", 0},
		{"an interval of 29 days and 23 hours", Policy{KeepDays: 30, BinDays: 100}, clock.Interval{Since: noon.Add(-30*day + time.Hour), Now: noon}, "abcdefghij", 0},
		{"a jump of 20 years", Policy{30, 29, 19}, clock.Interval{Since: noon.Add(20 * year), Now: noon.Add(20*year + day)}, "abcdefghij", 0},
		{"1970", Policy{1, 1, 0}, clock.Interval{Now: time.Unix(0, 0)}, "abcdefghij", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ten()
			s.mailboxes[1][2].marks = map[string]int{FetchedLabel: today - 31}
			s.mailboxes[1][3].marks = map[string]int{FetchedLabel: today - 1}
			s.mailboxes[1][4].marks = map[string]int{BinLabel: today - 21}
			if tt.name == "all of it" {
				for _, l := range s.mailboxes[1] {
					l.came, l.marks = today-9, nil
				}
			}
			if err := Pass(t.Context(), s, []Account{{"anna", 1, tt.policy}}, tt.term, zap.NewNop()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.names(1), ""); got != tt.left || s.updates != tt.updates {
				t.Errorf("left %q by %d updates, want %q by %d", got, s.updates, tt.left, tt.updates)
			}
		})
	}
}

// TestPassGoesOn: a mailbox that cannot be opened does not stop the pass.
func TestPassGoesOn(t *testing.T) {
	s := ten()
	s.broken = 2
	core, logs := observer.New(zap.InfoLevel)
	err := Pass(t.Context(), s, []Account{{"otto", 2, Policy{KeepDays: 1}}, {"anna", 1, Policy{KeepDays: 30}}}, term, zap.New(core))
	if err == nil || !strings.Contains(err.Error(), "otto: out of order") {
		t.Errorf("the error is %v", err)
	}
	if len(s.mailboxes[1]) != 6 || logs.FilterField(zap.Int("old", 4)).Len() != 1 {
		t.Errorf("left %v; the log: %v", s.names(1), logs.All())
	}
}

func TestGuaranteed(t *testing.T) {
	for _, tt := range []struct {
		policy Policy
		want   int
	}{
		{Policy{}, 0}, {Policy{BinDays: 7}, 0}, {Policy{KeepDays: 30}, 30}, {Policy{KeepAfterFetch: 3}, 3},
		{Policy{KeepDays: 30, KeepAfterFetch: 3}, 3}, {Policy{KeepDays: 3, KeepAfterFetch: 30}, 3},
	} {
		if got := tt.policy.Guaranteed(); got != tt.want {
			t.Errorf("%+v: %d days, want %d", tt.policy, got, tt.want)
		}
	}
}

// TestRelieve: the bin is emptied from its oldest day on, by what is missing, and nothing else is
// removed.
func TestRelieve(t *testing.T) {
	for _, tt := range []struct {
		missing int // messages of one octet
		want    string
		updates int
	}{
		{0, "abcdefghij abcdefghij", 0},
		{1, "acdefghij abcdefghij", 1},
		{2, "acdefghij acdefghij", 2},
		{3, "adefghij acdefghij", 3},
		{5, "aefghij acdefghij", 3},
		{20, "aefghij acdefghij", 3},
	} {
		s := ten()
		s.mailboxes[2] = ten().mailboxes[1]
		s.mailboxes[1][1].marks = map[string]int{BinLabel: today - 3}
		s.mailboxes[2][1].marks = map[string]int{BinLabel: today - 3}
		s.mailboxes[1][2].marks = map[string]int{BinLabel: clock.LastDay}
		s.mailboxes[1][3].marks = map[string]int{BinLabel: clock.LastDay}
		missing := func() int64 { return int64(tt.missing - 20 + len(s.mailboxes[1]) + len(s.mailboxes[2])) }
		accounts := []Account{{"anna", 1, Policy{}}, {"otto", 2, Policy{KeepDays: 1}}}
		if err := Relieve(t.Context(), s, accounts, missing, zap.NewNop()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Concat(s.names(1), []string{" "}, s.names(2)), ""); got != tt.want || s.updates != tt.updates {
			t.Errorf("%d missing: left %q after %d updates, want %q after %d", tt.missing, got, s.updates, tt.want, tt.updates)
		}
	}
}

func TestBinOctets(t *testing.T) {
	s := ten()
	account := Account{"anna", 1, Policy{}}
	if got, err := BinOctets(s, account); got != 0 || err != nil {
		t.Errorf("an empty bin has %d octets, %v", got, err)
	}
	s.mailboxes[1][2].marks = map[string]int{BinLabel: 3}
	s.mailboxes[1][7].marks = map[string]int{BinLabel: clock.LastDay}
	if got, err := BinOctets(s, account); got != 2 || err != nil {
		t.Errorf("two messages have %d octets, %v", got, err)
	}
}
