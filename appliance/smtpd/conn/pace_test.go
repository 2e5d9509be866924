package conn

import (
	"testing"
	"time"
)

// TestPace: how long a client may take, in commands and in content.
func TestPace(t *testing.T) {
	const idle = 5 * time.Minute
	start := time.Unix(1000, 0)
	for _, tt := range []struct {
		name  string
		story func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time
		want  time.Duration // from the start
	}{
		{"a command", func(p *pace, now func() time.Time, _ func(time.Duration)) time.Time {
			p.begin()
			return p.due(now())
		}, idle},
		{"the rest of a command", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.begin()
			p.due(now())
			pass(time.Minute)
			return p.due(now())
		}, idle},
		{"another command", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.begin()
			p.due(now())
			pass(time.Minute)
			p.begin()
			return p.due(now())
		}, time.Minute + idle},
		{"content", func(p *pace, now func() time.Time, _ func(time.Duration)) time.Time {
			p.beginContent()
			return p.due(now())
		}, maxCredit},
		{"content at the least rate", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.beginContent()
			for range 60 {
				p.due(now())
				pass(time.Minute)
				p.brought(60 * leastRate)
			}
			return p.due(now())
		}, time.Hour + maxCredit},
		{"content at half of it", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.beginContent()
			for range 4 {
				p.due(now())
				pass(time.Minute)
				p.brought(30 * leastRate)
			}
			return p.due(now())
		}, 4*time.Minute + maxCredit/2},
		{"a fast beginning saves up no more", func(p *pace, now func() time.Time, _ func(time.Duration)) time.Time {
			p.beginContent()
			p.brought(1 << 20)
			return p.due(now())
		}, maxCredit},
		{"a second chunk shares the credit", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.beginContent()
			pass(time.Minute)
			p.begin()
			p.beginContent()
			return p.due(now())
		}, maxCredit},
		{"a command between two chunks, too", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.beginContent()
			pass(time.Minute)
			p.begin()
			return p.due(now())
		}, maxCredit},
		{"a command after the message", func(p *pace, now func() time.Time, pass func(time.Duration)) time.Time {
			p.beginContent()
			pass(time.Minute)
			p.endContent()
			p.begin()
			return p.due(now())
		}, time.Minute + idle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, now := pace{idle: idle}, start
			due := tt.story(&p, func() time.Time { return now }, func(d time.Duration) {
				now = now.Add(d)
				p.waited(d)
			})
			if got := due.Sub(start); got != tt.want {
				t.Errorf("the client may take until %v, want %v", got, tt.want)
			}
		})
	}
}
