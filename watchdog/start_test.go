package watchdog_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

// TestStart: a start is fed while it makes progress.
func TestStart(t *testing.T) {
	for _, row := range []struct {
		name  string
		last  time.Duration // the last step
		over  time.Duration // the end of the start
		fires bool
	}{
		{"makes progress", 10 * time.Minute, 10 * time.Minute, false},
		{"hangs", time.Minute, 10 * time.Minute, true},
		{"does not end", 2 * watchdog.LongestStart, 2 * watchdog.LongestStart, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := watchdogtest.New(timeout)
				var steps atomic.Uint64
				err := watchdog.Start(t.Context(), d, steps.Load, func(context.Context) error {
					for began := time.Now(); time.Since(began) < row.over; time.Sleep(5 * time.Second) {
						if time.Since(began) < row.last {
							steps.Add(1)
						}
					}
					return errors.New("its result")
				})
				if err == nil || err.Error() != "its result" {
					t.Errorf("it returned %v", err)
				}
				fired := false
				select {
				case <-d.Fired():
					fired = true
				default:
				}
				if fired != row.fires {
					t.Errorf("the device fired: %v", fired)
				}
			})
		})
	}
}
