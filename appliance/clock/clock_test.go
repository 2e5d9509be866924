package clock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const year = 365 * day

// built is the date of the build that the tests are about, at noon.
var built = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// A machine is one whose clocks a test moves.
type machine struct{ Reading }

func newMachine() *machine { return &machine{Reading{built.Add(30 * day), 100 * time.Hour}} }

func (m *machine) read() Reading { return m.Reading }

// pass lets time pass.
func (m *machine) pass(by time.Duration) { m.Wall, m.Up = m.Wall.Add(by), m.Up+by }

// set sets the wall clock.
func (m *machine) set(by time.Duration) { m.Wall = m.Wall.Add(by) }

// boot starts the machine again after a time off; its uptime begins at zero.
func (m *machine) boot(after time.Duration) { m.Wall, m.Up = m.Wall.Add(after), 0 }

// TestClock: what a clock does, and how long it has been trusted then. Each story begins with ten
// days of a good clock, read each minute.
func TestClock(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *story)
		want time.Duration // -1: the clock cannot be trusted
	}{
		{"a good clock", func(s *story) {}, 10 * day},
		{"slewed by 500 ppm for ten days", func(s *story) { s.slewed(10*day, 500) }, 20*day + 7*time.Minute + 12*time.Second},
		{"half a minute set each day", func(s *story) {
			for range 10 {
				s.set(30 * time.Second)
				s.minutes(day)
			}
		}, 20*day + 5*time.Minute},
		{"a leap of four minutes", func(s *story) { s.set(4 * time.Minute); s.minutes(time.Hour) }, time.Hour},
		{"a leap of four minutes back", func(s *story) { s.set(-4 * time.Minute); s.minutes(time.Hour) }, time.Hour},
		{"20 years on", func(s *story) { s.set(20 * year); s.minutes(2 * day) }, 2 * day},
		{"20 years on and back", func(s *story) {
			s.set(20 * year)
			s.minutes(day)
			s.set(-20 * year)
			s.minutes(time.Hour)
		}, time.Hour},
		{"20 years back, before the build", func(s *story) { s.set(-20 * year); s.minutes(2 * day) }, -1},
		{"20 years back and on", func(s *story) {
			s.set(-20 * year)
			s.minutes(day)
			s.set(20 * year)
			s.minutes(time.Hour)
		}, time.Hour},
		{"1970", func(s *story) { s.Wall = time.Unix(0, 0); s.minutes(2 * day) }, -1},
		{"a night asleep", func(s *story) { s.pass(9 * time.Hour); s.minutes(time.Hour) }, 10*day + 10*time.Hour},

		{"another start", func(s *story) { s.restart(time.Minute) }, 10*day + time.Minute},
		{"a start after six days", func(s *story) { s.restart(6 * day); s.minutes(time.Hour) }, 16*day + time.Hour},
		{"a start after eight days", func(s *story) { s.restart(8 * day); s.minutes(time.Hour) }, time.Hour},
		{"a start in the past", func(s *story) { s.restart(-day); s.minutes(time.Hour) }, time.Hour},
		{"a start in 1970, and the date half an hour later", func(s *story) {
			by := s.Wall.Sub(time.Unix(0, 0))
			s.restart(-by)
			s.minutes(30 * time.Minute)
			s.set(by + 3*time.Hour)
			s.minutes(2 * time.Hour)
		}, 10*day + 5*time.Hour + 30*time.Minute},
		{"a start in 1970, and the date two hours later", func(s *story) {
			by := s.Wall.Sub(time.Unix(0, 0))
			s.restart(-by)
			s.minutes(2 * time.Hour)
			s.set(by)
			s.minutes(time.Hour)
		}, time.Hour},
		{"a start at the time of the stop, and three hours more a minute later", func(s *story) {
			s.restart(0)
			s.minutes(time.Minute)
			s.set(3 * time.Hour)
			s.minutes(time.Hour)
		}, 10*day + 4*time.Hour + time.Minute},
		{"a start with a date of years to come, and the right one a minute later", func(s *story) {
			s.restart(20 * year)
			s.minutes(time.Minute)
			s.set(-20 * year)
			s.minutes(time.Hour)
		}, 10*day + time.Hour + time.Minute},
		{"set within seven days, after the first hour", func(s *story) {
			s.restart(0)
			s.minutes(2 * time.Hour)
			s.set(6 * day)
			s.minutes(time.Hour)
		}, time.Hour},
		{"a start that has lost the record", func(s *story) { s.forgets = true; s.restart(time.Minute); s.minutes(time.Hour) }, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &story{machine: newMachine(), t: t}
			s.Clock = New(s.read, built, Record{})
			s.minutes(10 * day)
			tt.do(s)
			in := s.Interval()
			switch got := in.Now.Sub(in.Since); {
			case tt.want < 0 && in.Trusted():
				t.Errorf("trusted since %v", in.Since)
			case tt.want >= 0 && (!in.Trusted() || (got-tt.want).Abs() > time.Minute):
				t.Errorf("trusted for %v (%v), want %v", got, in.Trusted(), tt.want)
			}
		})
	}
}

// TestClockThatRuns: a clock that gains a minute each minute is never trusted for long, nor is one
// that loses a second.
func TestClockThatRuns(t *testing.T) {
	for name, gain := range map[string]time.Duration{"fast": time.Minute, "slow": -time.Second} {
		s := &story{machine: newMachine(), t: t}
		s.Clock = New(s.read, built, Record{})
		for range 10_000 {
			s.set(gain)
			s.minutes(time.Minute)
			if in := s.Interval(); in.Now.Sub(in.Since) > 3*time.Hour {
				t.Fatalf("%s: trusted since %v, now %v", name, in.Since, in.Now)
			}
		}
	}
}

// A story is a machine with a clock.
type story struct {
	*machine
	*Clock
	t       *testing.T
	forgets bool // the file is lost at the restart
}

// minutes lets time pass and reads the clock each minute.
func (s *story) minutes(of time.Duration) { s.slewed(of, 0) }

func (s *story) slewed(of time.Duration, ppm time.Duration) {
	for range of / time.Minute {
		s.pass(time.Minute)
		s.set(time.Minute * ppm / 1e6)
		s.Interval()
	}
}

// restart stops the server and starts it after a time off.
func (s *story) restart(after time.Duration) {
	kept, ok := s.Record()
	if !ok {
		s.t.Fatal("nothing to keep")
	}
	path := filepath.Join(s.t.TempDir(), "clock")
	if err := kept.Save(path); err != nil {
		s.t.Fatal(err)
	}
	if s.forgets {
		os.Remove(path)
	}
	kept, err := Load(path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.boot(after)
	s.Clock = New(s.read, built, kept)
}

func TestSettled(t *testing.T) {
	d := newMachine()
	w := New(d.read, built, Record{})
	if d.pass(59 * time.Minute); w.Settled() {
		t.Error("settled after 59 minutes")
	}
	d.set(20 * year)
	if w.Settled() {
		t.Error("settled because the clock was set")
	}
	if d.pass(time.Minute); !w.Settled() {
		t.Error("not settled after an hour")
	}
}

func TestKeeper(t *testing.T) {
	kept := Record{built, built.Add(day)}
	k := NewKeeper(kept, 0)
	goesOn, another := Record{kept.Since.Add(time.Millisecond), kept.Seen.Add(day)}, Record{kept.Since.Add(day), kept.Seen.Add(day)}
	for _, tt := range []struct {
		name string
		r    Record
		up   time.Duration
		want bool
	}{
		{"an interval that goes on, after 23 hours", goesOn, 23 * time.Hour, false},
		{"after a day", goesOn, day, true},
		{"another interval, after 59 minutes", another, 59 * time.Minute, false},
		{"after an hour", another, time.Hour, true},
	} {
		if got := k.Due(tt.r, tt.up); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
	k.Saved(another, time.Hour)
	if k.Due(another, 2*time.Hour) || !k.Due(another, 25*time.Hour) {
		t.Error("what was saved is not known")
	}
}

func TestRecordsThatAreNone(t *testing.T) {
	good := Record{built, built.Add(day)}.String()
	for _, text := range []string{"", "since\n", good + "x", strings.Replace(good, "Z", "", 1), strings.Replace(good, "2026", "2027", 1), "\xff" + good} {
		if r, err := parseRecord(text); err == nil {
			t.Errorf("%q was read as %v", text, r)
		}
	}
	if r, err := Load(filepath.Join(t.TempDir(), "clock")); err != nil || r != (Record{}) {
		t.Errorf("no file: %v, %v", r, err)
	}
}

// FuzzRecord: a text is rejected, or its record has the same text.
func FuzzRecord(f *testing.F) {
	f.Add(Record{built, built.Add(day)}.String())
	f.Add("since 2026-03-01T09:12:44Z\nseen  2026-11-24T17:00:00+01:00\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := parseRecord(text); err == nil && (r.String() != text || r.Seen.Before(r.Since)) {
			t.Errorf("%q was read as %v", text, r)
		}
	})
}

func TestMachine(t *testing.T) {
	read := Machine()
	first := read()
	second := read()
	if first.Up <= 0 || second.Up < first.Up || time.Since(second.Wall).Abs() > time.Hour {
		t.Errorf("%v, then %v", first, second)
	}
}

// TestSteady: how long the clock has been trusted within one run, for which no earlier run counts.
func TestSteady(t *testing.T) {
	m := newMachine()
	c := New(m.read, built, Record{built, m.Wall.Add(-time.Minute)})
	expect := func(name string, want time.Duration) {
		t.Helper()
		if now, got := c.Steady(); got != want || !now.Equal(m.Wall) {
			t.Errorf("%s: %v at %v, want %v", name, got, now, want)
		}
	}
	expect("a start that continues the previous run", 0)
	if !c.Interval().Since.Equal(built) {
		t.Error("the previous run does not count for ages")
	}
	m.pass(30 * time.Minute)
	expect("half an hour later", 30*time.Minute)
	m.set(10 * time.Minute)
	expect("set in the first hour, in which the date is learned", 0)
	m.pass(2 * time.Hour)
	expect("two hours later", 2*time.Hour)
	m.set(-10 * time.Minute)
	expect("set back", 0)
	m.pass(time.Hour)
	m.set(built.Add(-year).Sub(m.Wall))
	expect("before the build", 0)
	m.pass(time.Hour)
	expect("still before the build", 0)
}
