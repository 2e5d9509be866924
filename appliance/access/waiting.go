package access

import (
	"context"
	"errors"
	"time"
)

const (
	longestWait = 10 * time.Second // for a turn
	mostWaiting = 8                // attempts of one client
	briefPause  = time.Second      // before one more is refused, so that a client cannot try in a loop
)

// ErrBusy is returned if a limit leaves no turn in time. It reveals nothing about the password or
// the recipient, and the client may try again later.
var ErrBusy = errors.New("too many attempts, try again later")

// await calls take until it returns 0, which means that it took what it needed; otherwise take has
// taken nothing and returns after how long another try is useful. There is no queue: a client that
// gives up leaves nothing behind, and all that wait have the same chance.
func (t *Table) await(ctx context.Context, c Client, take func(now instant) time.Duration) error {
	t.mu.Lock()
	now := t.now()
	wait := take(now)
	if wait == 0 {
		t.mu.Unlock()
		return nil
	}
	o := t.holdLocked(c, now)
	until, waits := now+longestWait, 1
	if o.waiting >= o.mostWaiting() || o.network != nil && o.network.waiting >= networkTimes*mostWaiting && !o.known {
		take, until, waits = func(instant) time.Duration { return longestWait }, now+briefPause, 0
	}
	o.waitLocked(waits)
	defer func() {
		o.waitLocked(-waits)
		t.releaseLocked(c)
		t.mu.Unlock()
	}()
	for wait > 0 {
		if now >= until {
			return ErrBusy
		}
		t.mu.Unlock()
		err := sleep(ctx, min(wait, until-now))
		t.mu.Lock()
		if err != nil {
			return err
		}
		now = t.now()
		wait = take(now)
	}
	return nil
}

// waitLocked adds n to the attempts that wait.
func (o *open) waitLocked(n int) {
	o.waiting += n
	if o.network != nil {
		o.network.waiting += n
	}
}

// sleep returns after d, or with the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
