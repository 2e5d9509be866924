package retention

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const year = 365 * day

// TestWitness: what a clock does, and how old the term is then. Every story begins with ten days of a good clock, looked at each minute.
func TestWitness(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *story)
		want time.Duration // -1: the clock cannot be believed
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
			s := &story{desk: newDesk(), t: t}
			s.Witness = NewWitness(s.read, built, Record{})
			s.minutes(10 * day)
			tt.do(s)
			term := s.Term()
			switch got := term.Now.Sub(term.Since); {
			case tt.want < 0 && term.Believed():
				t.Errorf("believed since %v", term.Since)
			case tt.want >= 0 && (!term.Believed() || (got-tt.want).Abs() > time.Minute):
				t.Errorf("believed for %v (%v), want %v", got, term.Believed(), tt.want)
			}
		})
	}
}

// TestWitnessOfAClockThatRuns: one that gains a minute each minute is never believed for long, nor is one that loses a second.
func TestWitnessOfAClockThatRuns(t *testing.T) {
	for name, gain := range map[string]time.Duration{"fast": time.Minute, "slow": -time.Second} {
		s := &story{desk: newDesk(), t: t}
		s.Witness = NewWitness(s.read, built, Record{})
		for range 10_000 {
			s.set(gain)
			s.minutes(time.Minute)
			if term := s.Term(); term.Now.Sub(term.Since) > 3*time.Hour {
				t.Fatalf("%s: believed since %v, now %v", name, term.Since, term.Now)
			}
		}
	}
}

// A story is a machine with a witness.
type story struct {
	*desk
	*Witness
	t       *testing.T
	forgets bool // the file is lost at the restart
}

// minutes lets time pass and has the witness look each minute.
func (s *story) minutes(of time.Duration) { s.slewed(of, 0) }

func (s *story) slewed(of time.Duration, ppm time.Duration) {
	for range of / time.Minute {
		s.pass(time.Minute)
		s.set(time.Minute * ppm / 1e6)
		s.Term()
	}
}

// restart stops the box in order and starts it after a time off.
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
	s.Witness = NewWitness(s.read, built, kept)
}

func TestSettled(t *testing.T) {
	d := newDesk()
	w := NewWitness(d.read, built, Record{})
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
		{"a term that goes on, after 23 hours", goesOn, 23 * time.Hour, false},
		{"after a day", goesOn, day, true},
		{"another term, after 59 minutes", another, 59 * time.Minute, false},
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

// FuzzRecord: a text is no record, or says what it is again.
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
