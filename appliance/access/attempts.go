package access

import (
	"context"
	"errors"
	"time"
)

// guessAt returns an attempt of a client at an account, or at a name that has none.
func (t *Table) guessAt(c Client, name string, mailbox uint64, exists bool) guess {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := t.pairs.keys
	g := guess{client: c, exists: exists, key: pairKey{keys.account(name, mailbox), keys.client(c)}}
	if network, ok := t.clients.networkOf(c); ok {
		g.wide, g.network = true, pairKey{g.key.account, keys.client(network)}
	}
	return g
}

// tried reports whether the same attempt was wrong just now, see pairs.tried.
func (t *Table) tried(g guess, begins uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pairs.tried(g.key, begins)
}

// admit takes the tokens for an attempt, or waits for them, see await.
func (t *Table) admit(ctx context.Context, g *guess) error {
	return t.await(ctx, g.client, func(now instant) time.Duration { return t.guesses.admit(g, now) })
}

// refund returns what admit took, of an attempt that was not judged.
func (t *Table) refund(g guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guesses.refund(g)
}

// failed notes that an attempt was wrong, see guesses.failed.
func (t *Table) failed(g guess, begins uint32) (alarm bool, row int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.guesses.failed(g, begins, t.now())
}

// succeeded notes that an attempt was right, see guesses.succeeded.
func (t *Table) succeeded(g guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guesses.succeeded(g, t.now())
}

const (
	longestWait = 10 * time.Second // for a turn
	briefPause  = time.Second      // before one more is refused, so that a client cannot try in a loop
)

// ErrBusy is returned if a limit leaves no turn in time. It reveals nothing about the password or
// the recipient, and the client may try again later.
var ErrBusy = errors.New("too many attempts, try again later")

// await calls take until it returns 0, which means that it took what it needed; otherwise take has
// taken nothing and returns after how long another try is useful. take is called with mu held.
// There is no queue: a client that gives up leaves nothing behind, and all that wait have the same
// chance.
func (t *Table) await(ctx context.Context, c Client, take func(now instant) time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	wait := take(now)
	if wait == 0 {
		return nil
	}
	o := t.clients.hold(c, now)
	defer t.clients.release(c)
	until, waits := now+longestWait, 1
	if !o.mayWait() {
		take, until, waits = func(instant) time.Duration { return longestWait }, now+briefPause, 0
	}
	o.wait(waits)
	defer o.wait(-waits)
	for wait > 0 {
		if now >= until {
			return ErrBusy
		}
		if err := t.sleep(ctx, min(wait, until-now)); err != nil {
			return err
		}
		now = t.now()
		wait = take(now)
	}
	return nil
}

// sleep returns after d, or with the error of ctx. It is called with mu held, and does not hold it
// meanwhile.
func (t *Table) sleep(ctx context.Context, d time.Duration) error {
	t.mu.Unlock()
	defer t.mu.Lock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AwaitRecipient is called before a recipient is looked up. It returns nil at once as long as c has
// named few that are unknown. After that every recipient waits for a turn, known or not, so that
// neither the reply nor its time reveals which names exist. It returns ErrBusy if there is no turn
// within 10 s, or the error of ctx. RecipientFound returns the turn.
func (t *Table) AwaitRecipient(ctx context.Context, c Client) error {
	return t.await(ctx, c, func(now instant) time.Duration { return t.clients.takeRecipient(c, now) })
}

// RecipientFound notes that the recipient after AwaitRecipient exists: it does not count.
func (t *Table) RecipientFound(c Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients.returnRecipient(c)
}
