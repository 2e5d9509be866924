//go:build !linux

package park

import (
	"context"
	"time"
)

// A Lot parks connections on Linux. Here it parks none.
type Lot struct{}

// Wait returns ErrUnsupported.
func (*Lot) Wait(context.Context, *Waiter, Event, time.Time) error { return ErrUnsupported }

// Wake does nothing.
func (*Lot) Wake(*Waiter) {}

// AwaitPoller returns at once.
func (*Lot) AwaitPoller() {}

// Parked returns 0.
func (*Lot) Parked() int { return 0 }
