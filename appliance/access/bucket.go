package access

import "time"

// An instant is the time since the table was made, by the monotonic clock: 8 octets, where a
// time.Time has 24.
type instant = time.Duration

// A bucket is a token bucket: the instant at which it is full again. The zero bucket is full. How
// many tokens that means depends on the rate, which the caller passes.
type bucket instant

// A rate is how many tokens a full bucket holds, and how long it takes to refill one.
type rate struct {
	burst int64
	every time.Duration
}

// times returns a rate of n times as many tokens.
func (r rate) times(n int64) rate { return rate{r.burst * n, r.every / time.Duration(n)} }

// wait returns how long it takes until the bucket holds a token; 0 if it holds one now.
func (b bucket) wait(r rate, now instant) time.Duration {
	missing := max(instant(b), now) - now
	return max(0, missing-time.Duration(r.burst-1)*r.every)
}

// take takes n tokens. It does not check that there are any: debts are possible, but the bucket
// is full again after twice the time that a whole refill takes, whatever n is.
func (b *bucket) take(r rate, now instant, n int64) {
	most := 2 * time.Duration(r.burst) * r.every
	missing := max(instant(*b), now) - now
	*b = bucket(now + min(missing+time.Duration(min(n, 2*r.burst))*r.every, most))
}

// put returns n tokens. The bucket never holds more than its burst.
func (b *bucket) put(r rate, n int64) { *b -= bucket(time.Duration(n) * r.every) }

// A window counts what happens in a minute. 16 octets.
type window struct {
	began instant
	count int32
	past  bool // there was a window before: began is set
}

const minute = instant(time.Minute)

// add counts one more and returns how many there are in the window.
func (w *window) add(now instant) int {
	if !w.past || now-w.began >= minute {
		w.began, w.count, w.past = now, 0, true
	}
	w.count++
	return int(w.count)
}

// more counts up to the most that fits.
func more(n uint16) uint16 { return max(n, n+1) }
