package remote

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
)

const (
	mostDeleted   = 50 // messages that a session deletes
	forgetDays    = 7  // between two listings without an id, before it is forgotten
	forgetWindow  = 60 // the same where the provider lists a part of the mailbox only
	mostForgotten = 200_000
)

// purge deletes at the provider what has been durable here for long enough, and ends the session.
func (c *collection) purge(ctx context.Context) error {
	refs, ids, err := c.due(ctx)
	if err != nil || len(refs) == 0 {
		return err
	}
	if err := c.mailbox.Delete(refs); err != nil {
		return err
	}
	c.Deleted = len(refs)
	c.gone = ids
	return nil
}

// due returns the messages that are to be deleted now, at most 50, and their ids.
func (c *collection) due(ctx context.Context) (refs []uint64, ids []ID, err error) {
	if c.account.After == config.Unbounded {
		return nil, nil, nil
	}
	old := func(day int) bool {
		return c.account.After == config.FromNow || c.clock.Age(day) >= int(c.account.After)
	}
	safe, err := c.store.Durable(ctx, c.account, mostDeleted, func(id ID, sum fingerprint.Sum, day int) bool {
		r := c.rows.deletable(id)
		// Else there is nothing to compare.
		return r != nil && (r.stable || sum != fingerprint.Sum{}) && old(day)
	})
	if err != nil {
		return nil, nil, err
	}
	c.more = len(safe) == mostDeleted
	for r := range c.rows.all() {
		sums, ok := safe[r.id]
		if !ok || c.rows.deletable(r.id) != r {
			continue
		}
		same, err := c.same(r, sums)
		if err != nil {
			return nil, nil, err
		}
		if same {
			refs, ids = append(refs, r.Ref), append(ids, r.id)
		}
	}
	return refs, ids, nil
}

// same reports whether the message at the provider is the one that was fetched. If the protocol may
// have given its name to another message, the headers are compared; a message that is another one
// is fetched by the next collection.
func (c *collection) same(r *row, sums []fingerprint.Sum) (bool, error) {
	if r.stable {
		return true, nil
	}
	var header fingerprint.Writer
	if err := c.mailbox.Header(r.Ref, &header); err != nil {
		return false, left(err)
	}
	got, ok := header.Sum()
	if ok && slices.ContainsFunc(sums, got.Same) {
		return true, nil
	}
	c.log.Warn("the provider has used a unique-id again: the message is fetched as a new one", zap.String("remote_account", c.account.Name))
	c.store.Forget(c.number, func(id ID) bool { return id == r.id })
	c.more = true
	return false, nil
}

// forget removes ids that were not listed for some days. It is called after a complete listing.
func (c *collection) forget() {
	today, believed := c.clock.Today()
	if !believed {
		return
	}
	days := forgetDays
	if p := c.account.At(); p != nil && p.Windowed && c.account.Fetch == config.FetchPOP3 {
		days = forgetWindow
	}
	begun, settled := c.begun(), c.settled()
	gone := make(map[ID]bool)
	for _, id := range c.store.IDs(c.number) {
		day, absent := c.past.absent[id]
		switch {
		case id == begun || id == settled || len(c.rows.of(id)) > 0:
			delete(c.past.absent, id)
		case !absent && len(c.past.absent) < mostForgotten:
			c.past.absent[id] = today
		case absent && today-day >= days:
			gone[id] = true
			delete(c.past.absent, id)
		}
	}
	if len(gone) > 0 {
		c.store.Forget(c.number, func(id ID) bool { return gone[id] })
	}
}
