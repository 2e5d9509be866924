package outbound

import (
	"math/rand/v2"
	"time"
)

// When a message is tried. Nothing of it is stored: after a start it is made again from the age of
// the message.
const (
	noticeAfter = 4 * time.Hour       // with a connection: the sender is notified of the delay
	returnAfter = 5 * 24 * time.Hour  // with a connection: the message is returned
	returnInAll = 30 * 24 * time.Hour // with or without
	doubtWait   = 10 * time.Minute    // after a final dot without a reply (RFC 5321 section 4.5.3.2.6)
	throttled   = time.Hour           // after 421, 454 or a limit of the provider
	// After the first refusal of a login; after the second it waits for another secret.
	loginAgain  = 10 * time.Minute
	longestStep = 66 * time.Minute // between two tries with a connection
)

// steps are the times between the tries of a message that was refused for now.
var steps = [...]time.Duration{1 * time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour}

// probes are the times between the tries to reach a server.
var probes = [...]time.Duration{1 * time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute}

// after returns the time to wait after the n-th try of a table, 1 for the first, within 10 %.
// chance is 0…1.
func after(table []time.Duration, n int, chance float64) time.Duration {
	d := table[min(max(n, 1), len(table))-1]
	return time.Duration(float64(d) * (0.9 + 0.2*chance))
}

// triesFor returns how many tries a message of some age has behind it, by the table.
func triesFor(age time.Duration) (n int) {
	for _, step := range steps {
		if age < step {
			break
		}
		age -= step
		n++
	}
	return n
}

// A lane counts the time with a connection to one outgoing server, and decides when it is
// tried. Its fields are guarded by Queue.mu.
type lane struct {
	online  time.Duration // in all, since the start
	last    time.Time     // of the last try; zero if nothing waited since
	missed  int           // tries in a row without a connection
	since   time.Time     // when it was missed first
	told    bool          // the log has a line about that
	until   time.Time     // nothing is tried before
	refused int           // logins in a row
	asks    string        // the generation of the secret that was refused; "" if none was
	why     string        // it waits
	sent    []time.Time   // recipients of the last 24 hours, if the account has a limit
}

// connected counts the time since the last try as time with a connection. It returns for how
// long the server was out of reach.
func (l *lane) connected(now time.Time) (outage time.Duration) {
	if !l.last.IsZero() {
		l.online += min(now.Sub(l.last), longestStep)
	}
	if l.missed > 0 {
		outage = now.Sub(l.since)
	}
	l.last, l.missed, l.told, l.why = now, 0, false, ""
	return outage
}

// unreached notes a try without a connection. Nothing counts for the messages.
func (l *lane) unreached(now time.Time, why string) {
	if l.missed == 0 {
		l.since = now
	}
	l.missed++
	l.last, l.why = now, why
	l.until = now.Add(after(probes[:], l.missed, rand.Float64()))
}

// wait puts everything off.
func (l *lane) wait(now time.Time, d time.Duration, why string) { l.until, l.why = now.Add(d), why }

// idle notes that nothing waits: time without tries is not time with a connection.
func (l *lane) idle() { l.last = time.Time{} }

// day is the time over which Account.PerDay counts.
const day = 24 * time.Hour

// left returns how many recipients may be sent to now, and when the next one may.
func (l *lane) left(now time.Time, limit int) (n int, next time.Time) {
	if limit <= 0 {
		return maxTogether, now
	}
	for len(l.sent) > 0 && now.Sub(l.sent[0]) >= day {
		l.sent = l.sent[1:]
	}
	if n = limit - len(l.sent); n > 0 {
		return n, now
	}
	return 0, l.sent[len(l.sent)-limit].Add(day)
}

// count notes recipients that were sent to.
func (l *lane) count(now time.Time, limit, n int) {
	if limit <= 0 {
		return
	}
	for range n {
		l.sent = append(l.sent, now)
	}
}
