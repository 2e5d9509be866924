package clock

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	noon := time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)
	today := DayOf(noon)
	long := Interval{noon.Add(-100 * day), noon}
	for _, tt := range []struct {
		name string
		in   Interval
		of   int
		want int
	}{
		{"today", long, today, 0},
		{"yesterday, half a day ago at least", long, today - 1, 0},
		{"the day before", long, today - 2, 1},
		{"30 whole days", long, today - 31, 30},
		{"the interval is shorter", Interval{noon.Add(-10 * day), noon}, today - 31, 10},
		{"1970", long, 0, 100},
		{"tomorrow, before the clock was set back a little", long, today + 1, 0},
		{"a day to come", long, today + 7300, 100},
		{"the last day there is", long, LastDay, 100},
		{"a clock that cannot be trusted", Interval{Now: noon}, today - 31, 0},
		{"a clock that was set back within its slip", Interval{noon, noon.Add(-time.Minute)}, today - 31, 0},
	} {
		if got := tt.in.Age(tt.of); got != tt.want {
			t.Errorf("%s: %d days, want %d", tt.name, got, tt.want)
		}
	}
}

func TestDayOf(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		want int
	}{
		{time.Unix(-1, 0), 0}, {time.Unix(0, 0), 0}, {time.Unix(86399, 0), 0}, {time.Unix(86400, 0), 1},
		{time.Date(2149, 6, 6, 23, 0, 0, 0, time.UTC), 65535}, {time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), 65535},
	} {
		if got := DayOf(tt.at); got != tt.want {
			t.Errorf("%v: day %d, want %d", tt.at, got, tt.want)
		}
	}
}
