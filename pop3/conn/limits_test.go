package conn

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: a client has one deadline for BufferSize octets, however it takes them, and a new one
// after them, for hours.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limits{idle: 10 * time.Minute}
		var p pace
		began := time.Now()
		for octets := range int64(3) { // an octet every three minutes
			if got := p.deadline(octets, l); got != began.Add(l.idle) {
				t.Errorf("after %d octets the deadline is at %v", octets, got.Sub(began))
			}
			time.Sleep(3 * time.Minute)
		}
		for n := range int64(20) {
			now := time.Now()
			if got := p.deadline((n+1)*BufferSize, l); got != now.Add(l.idle) {
				t.Errorf("after %v the deadline is in %v", now.Sub(began), got.Sub(now))
			}
			time.Sleep(9 * time.Minute)
		}
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := limits{idle: time.Minute}
		if got := l.deadline(); got != began.Add(time.Minute) || l.passed(ErrIdle) != ErrIdle {
			t.Errorf("without a limit the deadline is in %v", got.Sub(began))
		}
		l.by = began.Add(90 * time.Second)
		if got := l.deadline(); got != began.Add(time.Minute) || l.passed(ErrSlow) != ErrSlow {
			t.Errorf("before the limit the deadline is in %v", got.Sub(began))
		}
		time.Sleep(time.Minute)
		if got := l.deadline(); got != l.by {
			t.Errorf("near the limit the deadline is at %v", got.Sub(began))
		}
		time.Sleep(30 * time.Second)
		if err := l.passed(ErrIdle); err != ErrLimit {
			t.Errorf("at the limit the error is %v", err)
		}
	})
}
