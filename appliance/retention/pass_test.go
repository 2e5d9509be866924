package retention

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/logbook"
)

// TestPass: what a pass removes of mail that came 50, 45 … 5 days ago, of which c was fetched 30 days ago, d yesterday, and e was binned 20
// days ago.
func TestPass(t *testing.T) {
	for _, tt := range []struct {
		name    string
		policy  Policy
		term    Term
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
		{"a term of 10 days", Policy{30, 29, 19}, Term{noon.Add(-10 * day), noon}, "abcdefghij", 0},
		{"a term of 29 days and 23 hours", Policy{KeepDays: 30, BinDays: 100}, Term{noon.Add(-30*day + time.Hour), noon}, "abcdefghij", 0},
		{"a jump of 20 years", Policy{30, 29, 19}, Term{noon.Add(20 * year), noon.Add(20*year + day)}, "abcdefghij", 0},
		{"1970", Policy{1, 1, 0}, Term{Now: time.Unix(0, 0)}, "abcdefghij", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ten()
			s.boxes[1][2].marks = map[string]int{FetchedLabel: today - 31}
			s.boxes[1][3].marks = map[string]int{FetchedLabel: today - 1}
			s.boxes[1][4].marks = map[string]int{BinLabel: today - 21}
			if tt.name == "all of it" {
				for _, l := range s.boxes[1] {
					l.came, l.marks = today-9, nil
				}
			}
			if err := Pass(t.Context(), s, []Account{{"anna", 1, tt.policy}}, tt.term, logbook.NewNop()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.names(1), ""); got != tt.left || s.updates != tt.updates {
				t.Errorf("left %q by %d updates, want %q by %d", got, s.updates, tt.left, tt.updates)
			}
		})
	}
}

// TestPassGoesOn: a mailbox that cannot be opened does not keep the pass from the others.
func TestPassGoesOn(t *testing.T) {
	s := ten()
	s.broken = 2
	core, logs := observer.New(logbook.InfoLevel)
	err := Pass(t.Context(), s, []Account{{"otto", 2, Policy{KeepDays: 1}}, {"anna", 1, Policy{KeepDays: 30}}}, term, logbook.New(core))
	if err == nil || !strings.Contains(err.Error(), "otto: out of order") {
		t.Errorf("the error is %v", err)
	}
	if len(s.boxes[1]) != 6 || logs.FilterField(logbook.Int("old", 4)).Len() != 1 {
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

// TestRelieve: the bin is emptied day by day, and nothing else goes.
func TestRelieve(t *testing.T) {
	for _, tt := range []struct {
		most int // letters in both mailboxes together, when it is enough
		want string
	}{
		{20, "abcdefghij abcdefghij"}, {18, "acdefghij acdefghij"}, {17, "adefghij acdefghij"}, {15, "adefghij acdefghij"}, {0, "adefghij acdefghij"},
	} {
		s := ten()
		s.boxes[2] = ten().boxes[1]
		s.boxes[1][1].marks = map[string]int{BinLabel: today - 3}
		s.boxes[2][1].marks = map[string]int{BinLabel: today - 3}
		s.boxes[1][2].marks = map[string]int{BinLabel: lastDay}
		enough := func() bool { return len(s.boxes[1])+len(s.boxes[2]) <= tt.most }
		accounts := []Account{{"anna", 1, Policy{}}, {"otto", 2, Policy{KeepDays: 1}}}
		if err := Relieve(t.Context(), s, accounts, enough, logbook.NewNop()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Concat(s.names(1), []string{" "}, s.names(2)), ""); got != tt.want {
			t.Errorf("at most %d: left %q, want %q", tt.most, got, tt.want)
		}
	}
}
