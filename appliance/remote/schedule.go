package remote

import (
	"math/rand/v2"
	"time"

	"pillarbox/appliance/remote/session"
)

// A state is how an account is doing. It is guarded by Collector.mu.
type state struct {
	next     time.Time     // when it is collected
	delay    time.Duration // the least time between two logins, as the server says
	failures int           // in a row
	failing  time.Time     // since when
	refused  int           // logins that were refused, in a row, with the secret of generation
	last     time.Time     // when it was collected the last time without an error
	report   Report        // of then
	why      string        // the last error; "": none
	kind     session.Kind
	octets   int64 // that were fetched on day
	day      int

	generation string // of the secret that was refused

	past    past
	cleared time.Time // when messages that were left out were tried again
}

// past is what earlier collections have found out about messages.
type past struct {
	failed map[ID]int  // how often a message was refused
	broke  map[ID]bool // a session broke at the message
	large  map[ID]bool // it is larger than its size said
	absent map[ID]int  // since which day an id is not listed
	// Of the last listing of which everything was done.
	mark     string
	at       time.Time
	listed   int
	refused  bool // the store refused a message: its limit may change, which the mark does not say
	unlisted int  // collections since then without a listing
}

const (
	mostRefused   = 2 // logins
	leastBusy     = 5 * time.Minute
	mostOffline   = 15 * time.Minute
	leastProtocol = 30 * time.Minute
)

// after sets when the account is collected next.
func (s *state) after(a *Account, now time.Time, err error) {
	every := time.Duration(a.Every)
	if err == nil {
		s.failures, s.refused, s.why, s.kind, s.failing = 0, 0, "", 0, time.Time{}
		s.next = now.Add(max(jitter(every), s.delay))
		return
	}
	e := session.As(err)
	if s.failures++; s.failing.IsZero() {
		s.failing = now
	}
	s.why, s.kind = e.Text, e.Kind
	wait := every
	switch e.Kind {
	case session.Network:
		wait = min(time.Minute<<min(s.failures-1, 4), mostOffline, every)
	case session.Busy, session.Full:
		wait = max(leastBusy, every)
	case session.Auth:
		if s.generation != a.Generation {
			s.generation, s.refused = a.Generation, 0
		}
		s.refused++
	case session.Ended: // asking again would change nothing
		s.generation, s.refused = a.Generation, mostRefused
	case session.Protocol, session.Certificate:
		wait = max(every, leastProtocol)
	}
	s.next = now.Add(max(jitter(wait), e.Wait, s.delay))
}

// budget returns how many octets may be fetched now, on a day; -1: there is no limit. What was
// fetched before the start of the server on the same day is not counted.
func (s *state) budget(a *Account, day int) int64 {
	if day != s.day {
		s.day, s.octets = day, 0
	}
	if a.Daily == 0 {
		return -1
	}
	return max(0, int64(a.Daily)-s.octets)
}

// again has messages that were left out tried again after a day, whatever the clock says.
func (s *state) again(now time.Time) {
	if now.Sub(s.cleared) >= 24*time.Hour {
		clear(s.past.failed)
		clear(s.past.broke)
		clear(s.past.large)
		s.cleared = now
	}
}

// asks reports whether a person has to act before the account is collected again.
func (s *state) asks(a *Account) bool {
	return s.refused >= mostRefused && s.generation == a.Generation
}

// jitter returns a time that is up to a tenth longer or shorter, so that many servers do not ask a
// provider at once.
func jitter(d time.Duration) time.Duration {
	if d < 10 {
		return d
	}
	return d - d/10 + time.Duration(rand.Int64N(int64(d/5)))
}
