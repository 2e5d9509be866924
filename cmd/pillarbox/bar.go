package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance/transfer"
)

// A bar shows the progress of a command in one line of a terminal. It shows nothing in other
// outputs.
type bar struct {
	to    io.Writer // if it is nil, nothing is shown
	what  string
	shown string

	now   func() time.Time // if it is not nil, the bar shows the rate and the time left
	began time.Time
	last  time.Time // when the line was written
}

func newBar(to io.Writer, what string) *bar {
	if !isTerminal(to) {
		to = nil
	}
	return &bar{to: to, what: what}
}

// newTimedBar returns a bar with the rate and the time left.
func newTimedBar(to io.Writer, what string) *bar {
	b := newBar(to, what)
	b.now = time.Now
	return b
}

const (
	barWidth = 30
	// barPause is how long a timed bar stays as it is: a slow terminal must not slow down an
	// import.
	barPause = 100 * time.Millisecond
)

func (b *bar) show(done, total int64) {
	if b.to == nil {
		return
	}
	speed := ""
	if b.now != nil {
		now := b.now()
		if b.began.IsZero() {
			b.began = now
		}
		if b.shown != "" && done < total && now.Sub(b.last) < barPause {
			return
		}
		b.last = now
		speed = speedWord(done, total, now.Sub(b.began))
	}
	full := int(barWidth * min(done, total) / max(total, 1))
	text := fmt.Sprintf("%s [%s%s] %d of %d%s", b.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done, total, speed)
	if text != b.shown {
		over := max(0, len(b.shown)-len(text)) // of the previous line
		fmt.Fprint(b.to, "\r"+text+strings.Repeat(" ", over)+strings.Repeat("\b", over))
		b.shown = text
	}
}

// speedWord writes the rate and the time left, once a second has passed.
func speedWord(done, total int64, passed time.Duration) string {
	if passed < time.Second || done <= 0 {
		return ""
	}
	left := time.Duration(float64(passed) * float64(max(0, total-done)) / float64(done)).Round(time.Second)
	return fmt.Sprintf(", %.0f/s, %d:%02d left", float64(done)/passed.Seconds(), int(left.Minutes()), int(left.Seconds())%60)
}

// clear removes the line.
func (b *bar) clear() {
	if b.shown != "" {
		fmt.Fprint(b.to, "\r"+strings.Repeat(" ", len(b.shown))+"\r")
		b.shown = ""
	}
}

// A counted taker shows the progress.
type counted struct {
	transfer.Taker
	bar         *bar
	done, total int64
}

// Wants is called once for each message.
func (t *counted) Wants(uid string, octets int64) bool {
	t.done++
	t.bar.show(t.done, t.total)
	return t.Taker.Wants(uid, octets)
}
