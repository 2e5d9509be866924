package spool

import (
	"context"
	"slices"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

func updateView(t *testing.T, s *Spool, box Key, c Change) {
	t.Helper()
	v, err := s.View(box)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Update(context.Background(), c); err != nil {
		t.Fatal(err)
	}
}

// marked lists the days of a label by message number, 0 for none.
func marked(t *testing.T, s *Spool, box Key, label string) []int {
	t.Helper()
	v, err := s.View(box)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	days := make([]int, v.Len())
	for n := range days {
		days[n], _ = v.Marked(label, n+1)
	}
	return days
}

func only(numbers ...int) func(func(int) bool) { return slices.Values(numbers) }

func TestLabels(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for range 5 {
		if err := deliver(s, mail("m", 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name   string
		change Change
		want   []int
	}{
		{"some", Change{Marks: []Mark{{"bin", 20, only(4, 2)}}}, []int{0, 20, 0, 20, 0}},
		{"behind", Change{Marks: []Mark{{"bin", 21, only(5)}}}, []int{0, 20, 0, 20, 21}},
		{"between, the earlier day counts", Change{Marks: []Mark{{"bin", 19, only(3, 4, 4)}}}, []int{0, 20, 19, 19, 21}},
		{"a later day changes nothing", Change{Marks: []Mark{{"bin", 50, only(2, 3)}}}, []int{0, 20, 19, 19, 21}},
		{"with a delete", Change{Expunge: only(1, 3), Marks: []Mark{{"bin", 9, only(1)}, {"seen", 1, only(5)}}}, []int{20, 19, 21}},
	}
	for _, st := range steps {
		before := dev.Stats()
		updateView(t, s, 1, st.change)
		if got := marked(t, s, 1, "bin"); !slices.Equal(got, st.want) {
			t.Errorf("%s: days %v, want %v", st.name, got, st.want)
		}
		if n := dev.Stats().Sub(before).Flushes; n > 1 {
			t.Errorf("%s: %d flushes", st.name, n)
		}
		s.Close()
		s = open(t, dev)
		if got := marked(t, s, 1, "bin"); !slices.Equal(got, st.want) {
			t.Errorf("%s, opened again: days %v, want %v", st.name, got, st.want)
		}
	}
	if got := marked(t, s, 1, "seen"); !slices.Equal(got, []int{0, 0, 1}) {
		t.Errorf("the other label has days %v", got)
	}
}

func TestViewKeepsItsLabels(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	for range 3 {
		if err := deliver(s, mail("m", 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	updateView(t, s, 1, Change{Marks: []Mark{{"l", 7, only(2)}}})
	v, _ := s.View(1)
	updateView(t, s, 1, Change{Marks: []Mark{{"l", 5, only(1, 2)}, {"l", 8, only(3)}}})
	for n, want := range []int{0, 7, 0} {
		if day, _ := v.Marked("l", n+1); day != want {
			t.Errorf("message %d has day %d in an old view, want %d", n+1, day, want)
		}
	}
}

func TestBadLabelsAreRefused(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	v, _ := s.View(1)
	for _, m := range []Mark{{"", 1, only()}, {string(make([]byte, MaxLabel+1)), 1, only()}, {"l", -1, only()}, {"l", 1 << 16, only()}} {
		if err := v.Update(context.Background(), Change{Marks: []Mark{m}}); err == nil {
			t.Errorf("%q on day %d was taken", m.Label, m.Day)
		}
	}
}

// TestLabelsInAnyOrder gives labels one by one from the last message to the first, some a second
// time: the earlier day counts, before and after a start.
func TestLabelsInAnyOrder(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	const n = 7
	for range n {
		if err := deliver(s, mail("m", 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, day := range []int{20, 10, 30} {
		for i := n; i > 0; i-- {
			if day == 10 && i%2 == 0 {
				continue
			}
			updateView(t, s, 1, Change{Marks: []Mark{{"seen", day + i, only(i)}}})
		}
	}
	for _, when := range []string{"before", "after"} {
		v, err := s.View(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= n; i++ {
			want := 20 + i
			if i%2 == 1 {
				want = 10 + i
			}
			if day, ok := v.Marked("seen", i); !ok || day != want {
				t.Errorf("%s the start message %d has day %d, %v, want %d", when, i, day, ok, want)
			}
		}
		s.Close()
		s = open(t, dev)
	}
}
