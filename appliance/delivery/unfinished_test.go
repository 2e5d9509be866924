package delivery

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"pillarbox/appliance/access"
)

// TestUnfinishedBudgets: who gives way, by what each client holds.
func TestUnfinishedBudgets(t *testing.T) {
	const mib = 1 << 20
	type step struct {
		client string // "anna" is known
		octets int64
	}
	tests := []struct {
		name  string
		free  int64
		steps []step
		gone  string // the numbers of the steps whose messages gave way
	}{
		{"one message may be larger than the share", 40 * mib, []step{{"a", 20 * mib}}, ""},
		{"within the share", 800 * mib, []step{{"a", 40 * mib}, {"a", 40 * mib}, {"a", 20 * mib}}, ""},
		{"one client, too much: its oldest", 800 * mib, []step{{"a", 40 * mib}, {"a", 40 * mib}, {"a", 40 * mib}}, "0"},
		{"one client, far too much", 80 * mib, []step{{"a", 8 * mib}, {"a", 8 * mib}, {"a", 8 * mib}, {"a", 8 * mib}}, "012"},
		{"all together too much: the oldest of the largest", 800 * mib,
			[]step{{"a", 60 * mib}, {"b", 70 * mib}, {"b", 10 * mib}, {"c", 70 * mib}}, "1"},
		{"the largest may be the one that grows", 400 * mib, []step{{"a", 30 * mib}, {"b", 20 * mib}, {"c", 60 * mib}}, "2"},
		{"known clients have no budget", 80 * mib, []step{{"anna", 40 * mib}, {"anna", 40 * mib}, {"anna", 40 * mib}}, ""},
		{"and do not use up that of strangers", 80 * mib, []step{{"anna", 70 * mib}, {"a", 5 * mib}, {"b", 5 * mib}}, ""},
		{"nothing is free", 0, []step{{"a", 5 * mib}, {"b", 5 * mib}, {"c", 5 * mib}}, "01"},
		{"less than nothing", -80 * mib, []step{{"a", 9 * mib}, {"b", 1 * mib}}, "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := &unfinished{free: func() int64 { return tt.free }, most: 9 * mib}
			if tt.name == "nothing is free" {
				u.most = 6 * mib
			}
			var cut, gone []string
			var open []*arrival
			for i, s := range tt.steps {
				number := uint32(s.client[len(s.client)-1])
				of := stranger
				if s.client == "anna" {
					of = known
				}
				a := u.begin(access.LocalUser(number), of, func() { cut = append(cut, fmt.Sprint(i)) })
				open = append(open, a)
				u.grow(a, int(s.octets), func() bool { return true })
			}
			for i, a := range open {
				if errors.Is(a.gone(), errGaveWay) {
					gone = append(gone, fmt.Sprint(i))
				}
				if got := u.end(a); got != tt.steps[i].octets {
					t.Errorf("message %d ends with %d octets", i, got)
				}
				if u.end(a) != 0 {
					t.Error("it ends a second time")
				}
			}
			if got := strings.Join(gone, ""); got != tt.gone || len(cut) != len(gone) {
				t.Errorf("messages %q gave way and %q were cut, want %q", got, cut, tt.gone)
			}
			if len(u.open) > 0 {
				t.Error("a message is left")
			}
		})
	}
}

// TestMakeWay: messages of strangers give way until there is room, the largest stranger's first; a
// whole one stays, and one that waits for a session that does not notice goes on.
func TestMakeWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &unfinished{free: func() int64 { return 1 << 40 }, most: 1 << 20}
		holds := map[string]int64{}
		begin := func(name string, octets int64, of standing) *arrival {
			var a *arrival
			a = u.begin(access.LocalUser(uint32(name[0])), of, func() {
				if name != "deaf" {
					holds[name] = 0
					u.end(a)
				}
			})
			u.grow(a, int(octets), func() bool { return true })
			holds[name] = octets
			return a
		}
		begin("small", 1000, stranger)
		begin("deaf", 3000, stranger)
		whole := begin("whole", 5000, stranger)
		if err := u.finish(whole); err != nil {
			t.Fatal(err)
		}
		begin("large", 2000, stranger)
		anna := begin("anna", 1000, known)
		u.makeWay(anna, func() bool { return holds["large"] == 0 })
		if holds["small"] != 1000 || holds["whole"] != 5000 {
			t.Errorf("left are %v", holds)
		}
		u.makeWay(anna, func() bool { return false })
		if holds["small"] != 0 || holds["whole"] != 5000 || anna.gone() != nil {
			t.Errorf("left are %v", holds)
		}
	})
}

// TestStandings: messages give way to those of their own standing and of higher ones, the lowest
// first.
func TestStandings(t *testing.T) {
	all := map[string]standing{"s": stranger, "k": known, "l": loggedIn}
	for of, want := range map[string]string{"s": "s", "k": "sk", "l": "skl"} {
		u := &unfinished{free: func() int64 { return 1 << 40 }, most: 1 << 20}
		left := ""
		for _, name := range []string{"l", "k", "s"} {
			var a *arrival
			a = u.begin(access.LocalUser(uint32(name[0])), all[name], func() {
				left += name
				u.end(a)
			})
			u.grow(a, 1000, func() bool { return true })
		}
		yielding, sum := u.octets(all[of])
		if yielding != int64(len(want))*1000 || sum != 3000 {
			t.Errorf("%q: %d octets of %d give way", of, yielding, sum)
		}
		u.makeWay(u.begin(access.LocalUser(0), all[of], func() {}), func() bool { return false })
		if left != want {
			t.Errorf("%q gave way to %q, want %q", left, of, want)
		}
	}
}

// TestTwoWaitForEachOther: two strangers that both need room do not wait for each other without
// end.
func TestTwoWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &unfinished{free: func() int64 { return 1 << 40 }, most: 1 << 20}
		done := make(chan error, 2)
		var both []*arrival
		for n := range 2 {
			a := u.begin(access.LocalUser(uint32(n)), stranger, func() {})
			both = append(both, a)
		}
		for _, a := range both {
			go func() {
				err := u.grow(a, budgetStep, func() bool { return false })
				u.end(a)
				done <- err
			}()
		}
		if one, other := <-done, <-done; one == nil && other == nil {
			t.Error("none of two gave way")
		}
	})
}
