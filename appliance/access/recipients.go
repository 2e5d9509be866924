package access

import (
	"context"
	"time"
)

// How many unknown recipients a client may name. A harvest of 300 names by a stranger takes nine
// minutes; a client that names a few addresses which are gone does not notice.
var (
	recipientsStranger = rate{20, 2 * time.Second}
	recipientsKnown    = rate{200, time.Second} // also of a local user, which may be a mail server
	recipientsShared   = recipientsKnown.times(networkTimes)
)

// recipientRates returns the rate of a client and of its network. A known client is not limited by
// its network.
func (t *Table) recipientRates(c Client, r record) (own, wide rate) {
	if t.isShared(c) {
		return recipientsShared, rate{}
	}
	if r.known || c.Local() {
		return recipientsKnown, rate{}
	}
	return recipientsStranger, recipientsStranger.times(networkTimes)
}

// AwaitRecipient is called before a recipient is looked up. It returns nil at once as long as c has
// named few that are unknown. After that every recipient waits for a turn, known or not, so that
// neither the reply nor its time reveals which names exist. It returns ErrBusy if there is no turn
// within 10 s, or the error of ctx. RecipientFound returns the turn.
func (t *Table) AwaitRecipient(ctx context.Context, c Client) error {
	return t.await(ctx, c, func(now instant) time.Duration {
		r := t.recordLocked(c, now)
		own, wide := t.recipientRates(c, r)
		wait := r.recipients.wait(own, now)
		network, counts := c.Network()
		counts = counts && wide.burst > 0
		if counts {
			wait = max(wait, t.clients.of(network).recipients.wait(wide, now))
		}
		if wait > 0 {
			return wait
		}
		r.recipients.take(own, now, 1)
		t.clients.put(c, r)
		if counts {
			n := t.recordLocked(network, now)
			n.recipients.take(wide, now, 1)
			t.clients.put(network, n)
		}
		return 0
	})
}

// RecipientFound notes that the recipient after AwaitRecipient exists: it does not count.
func (t *Table) RecipientFound(c Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.clients.get(c)
	if !ok {
		return
	}
	own, wide := t.recipientRates(c, r)
	r.recipients.put(own, 1)
	t.clients.put(c, r)
	if network, counts := c.Network(); counts && wide.burst > 0 {
		if n, ok := t.clients.get(network); ok {
			n.recipients.put(wide, 1)
			t.clients.put(network, n)
		}
	}
}
