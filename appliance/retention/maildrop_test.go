package retention

import (
	"slices"
	"testing"
	"time"

	"pillarbox/appliance/clock"
)

var (
	noon  = time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)
	today = clock.DayOf(noon)
	term  = clock.Interval{Since: noon.Add(-100 * day), Now: noon}
)

// ten returns a store with the messages a to j for anna; a arrived 50 days ago, each of the others
// five days later.
func ten() *store {
	s := &store{mailboxes: map[uint64][]*message{}}
	for i := range 10 {
		s.mailboxes[1] = append(s.mailboxes[1], &message{name: string(rune('a' + i)), came: today - 50 + 5*i})
	}
	return s
}

// views are the views of the logins with those names.
var views = map[string]View{
	"anna": {}, "anna+phone": {Device: "phone"}, "recent:anna": {Recent: true}, "recent:anna+pad": {"pad", true},
}

// seen returns the names of the messages that a login sees.
func seen(s *store, v View, p Policy, at clock.Interval) string {
	view, _ := s.Mailbox(1)
	d := Open(view, p, v, at)
	var names string
	for n := 1; n <= d.Len(); n++ {
		names += view.(*frozen).messages[d.At(n)-1].name
	}
	return names
}

// TestViews: what one login deletes, and what each of them sees afterwards.
func TestViews(t *testing.T) {
	for _, tt := range []struct {
		name                           string
		policy                         Policy
		login                          string
		deletes                        []int
		anna, phone, recent, recentPad string
	}{
		{"nothing", Policy{}, "anna", nil, "abcdefghij", "abcdefghij", "efghij", "efghij"},
		{"deleted for all", Policy{}, "anna", []int{1, 10}, "bcdefghi", "bcdefghi", "efghi", "efghi"},
		{"into the bin for all", Policy{BinDays: 1}, "anna", []int{1, 10}, "bcdefghi", "bcdefghi", "efghi", "efghi"},
		{"by a device", Policy{BinDays: 1}, "anna+phone", []int{2, 9, 10}, "abcdefghij", "acdefgh", "efghij", "efghij"},
		{"by a recent view", Policy{}, "recent:anna", []int{1, 6}, "abcdfghi", "abcdfghi", "fghi", "fghi"},
		{"by a recent view of a device", Policy{}, "recent:anna+pad", []int{1, 6}, "abcdefghij", "abcdefghij", "efghij", "fghi"},
		{"all", Policy{}, "anna+phone", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "abcdefghij", "", "efghij", "efghij"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ten()
			view, _ := s.Mailbox(1)
			d := Open(view, tt.policy, views[tt.login], term)
			if err := d.Delete(t.Context(), slices.Values(tt.deletes)); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil || s.updates != 1 {
				t.Errorf("%d updates, %v", s.updates, err)
			}
			for login, want := range map[string]string{"anna": tt.anna, "anna+phone": tt.phone, "recent:anna": tt.recent, "recent:anna+pad": tt.recentPad} {
				if got := seen(s, views[login], tt.policy, term); got != want {
					t.Errorf("%s sees %q, want %q", login, got, want)
				}
			}
		})
	}
}

// TestRecentHidesNothingByAJump: after the clock was set, no age is certain.
func TestRecentHidesNothingByAJump(t *testing.T) {
	for name, at := range map[string]clock.Interval{
		"1970":         {Now: time.Unix(0, 0)},
		"20 years on":  {Since: noon.Add(20 * year), Now: noon.Add(20*year + time.Hour)},
		"20 days long": {Since: noon.Add(-20 * day), Now: noon},
	} {
		if got := seen(ten(), View{Recent: true}, Policy{}, at); got != "abcdefghij" {
			t.Errorf("%s: sees %q", name, got)
		}
	}
}

// TestFetched: a message that was sent is marked once, with the deletions or when the session ends.
func TestFetched(t *testing.T) {
	for _, tt := range []struct {
		name    string
		policy  Policy
		quit    bool
		updates int
		marked  string
	}{
		{"no such policy", Policy{KeepDays: 3}, true, 1, ""},
		{"with the deletes", Policy{KeepAfterFetch: 3, BinDays: 1}, true, 1, "bd"},
		{"without QUIT", Policy{KeepAfterFetch: 3}, false, 1, "bd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ten()
			s.mailboxes[1][4].marks = map[string]int{FetchedLabel: today - 9}
			view, _ := s.Mailbox(1)
			d := Open(view, tt.policy, View{}, term)
			for _, n := range []int{2, 4, 5} {
				d.Retrieved(n)
			}
			if tt.quit {
				if err := d.Delete(t.Context(), slices.Values([]int{1})); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			var marked string
			for _, l := range s.mailboxes[1] {
				if of, ok := l.marks[FetchedLabel]; ok && of == today {
					marked += l.name
				}
			}
			if s.updates != tt.updates || marked != tt.marked {
				t.Errorf("%d updates, marked %q; want %d, %q", s.updates, marked, tt.updates, tt.marked)
			}
			if got := s.mailboxes[1][4-len("abcdefghij")+len(s.mailboxes[1])].marks[FetchedLabel]; got != today-9 {
				t.Errorf("the first day became %d", got)
			}
		})
	}
}

// TestPlainViewCostsNothing: a view of a mailbox with nothing hidden needs no tables.
func TestPlainViewCostsNothing(t *testing.T) {
	s := ten()
	view, _ := s.Mailbox(1)
	for _, login := range []string{"anna", "anna+phone"} {
		// One for the maildrop itself, and one for a label.
		if got := testing.AllocsPerRun(10, func() { Open(view, Policy{KeepAfterFetch: 1}, views[login], term) }); got > 2 {
			t.Errorf("%s: %v allocations", login, got)
		}
		if d := Open(view, Policy{}, views[login], term); d.shown != nil || d.fetched != nil {
			t.Errorf("%s: %v", login, d)
		}
	}
}
