package remote

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// A collection is one session with a provider.
type collection struct {
	account *Account
	number  uint64
	mailbox Session
	open    func(eras []uint64) (Session, error) // another session
	store   Store
	clock   Clock
	past    *past
	order   order
	telling telling
	log     *zap.Logger

	start time.Time
	rows  rows
	Report
}

// An order says how a collection goes.
type order struct {
	host   string // of this server, for the trace header
	dry    bool
	budget int64 // octets that may be fetched; below 0: no limit
}

// telling is what the owner is to be told.
type telling struct {
	notices *Notices // nil: the owner is told nothing
	large   []*row   // that are too large
}

// run lists, fetches and deletes.
func (c *collection) run(ctx context.Context) error {
	c.start = time.Now()
	defer func() { c.Took = time.Since(c.start) }()
	if err := c.list(); err != nil {
		return err
	}
	if err := c.name(); err != nil {
		return err
	}
	c.rows.sort()
	wanted := c.wanted()
	var err error
	switch first := c.store.Count(c.number) == 0; {
	case first:
		wanted, err = c.since(wanted)
	case len(wanted) > 0 && c.renumbered(wanted):
		if wanted, err = c.recognize(ctx, wanted); err == nil {
			c.tellRenumbered(ctx, len(wanted))
		}
	}
	if err == nil && !c.order.dry && !c.store.Has(c.number, c.account.begun()) {
		err = c.store.Note(c.number, []Noted{{ID: c.account.begun()}})
	}
	if err != nil {
		return err
	}
	c.inOrder(wanted)
	if err := c.fetchAll(ctx, wanted); err != nil {
		return err
	}
	if c.order.dry {
		return nil
	}
	c.forget()
	if err := c.tellLarge(ctx); err != nil {
		return err
	}
	return c.purge(ctx)
}
