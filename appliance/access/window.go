package access

import "time"

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
