package access

import (
	"context"
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
