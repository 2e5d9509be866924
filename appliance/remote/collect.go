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
	host    string // of this server, for the trace header
	dry     bool
	log     *zap.Logger

	start  time.Time
	budget int64 // octets that may be fetched; below 0: no limit
	rows   rows
	Report
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
		wanted, err = c.recognize(ctx, wanted)
	}
	if err == nil && !c.dry && !c.store.Has(c.number, c.account.begun()) {
		err = c.store.Note(c.number, []Noted{{ID: c.account.begun()}})
	}
	if err != nil {
		return err
	}
	c.inOrder(wanted)
	if err := c.fetchAll(ctx, wanted); err != nil {
		return err
	}
	if c.dry {
		return nil
	}
	c.forget()
	return c.purge(ctx)
}
