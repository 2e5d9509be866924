package testbed

import (
	"strings"
	"testing"
)

func TestJudgeHour(t *testing.T) {
	first := stage{busy: usage{pid: 90, own: 3000, most: 4000}, rest: usage{pid: 90, own: 2000}}
	for _, row := range []struct {
		name   string
		change func(*stage)
		want   string // "": it is as it was
	}{
		{"as it was", func(*stage) {}, ""},
		{"less", func(s *stage) { s.rest.own = 1000 }, ""},
		{"within the margin", func(s *stage) { s.rest.own += hourMargin; s.busy.own = 4000 + hourMargin }, ""},
		{"grown at rest", func(s *stage) { s.rest.own += hourMargin + 1 }, "at rest the server has 2129 KiB of private memory, 129 more"},
		{"grown under load", func(s *stage) { s.busy.own = 4001 + hourMargin }, "under load the server has 4129 KiB of private memory, 129 more"},
		{"another process", func(s *stage) { s.rest.pid = 91 }, "was process 90 and is 91"},
		{"the guest was short of memory", func(s *stage) { s.rest.killed = 1 }, "killed 1 process"},
	} {
		t.Run(row.name, func(t *testing.T) {
			last := first
			row.change(&last)
			err := judgeHour(first, last)
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	got := summary([]usage{{pid: 90, own: 9, free: 5}, {pid: 90, own: 1, free: 3, killed: 1}, {pid: 90, own: 2, free: 4, killed: 0}})
	if want := (usage{pid: 90, own: 2, most: 9, free: 3, killed: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseUsage(t *testing.T) {
	got, err := parseUsage("board: free 9120 of 45888 KiB, box 90: 2312 KiB its own, 0 killed for want of memory")
	if want := (usage{pid: 90, own: 2312, free: 9120, killed: 0}); err != nil || got != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
	// The second line is of a process that has ended.
	for _, line := range []string{"", "board: free 9120 of 45888 KiB, box 90:  KiB its own, 1 killed for want of memory"} {
		if got, err := parseUsage(line); err == nil {
			t.Errorf("%q: got %+v", line, got)
		}
	}
}
