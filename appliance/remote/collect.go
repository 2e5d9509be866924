package remote

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pillarbox/appliance/config"
)

// run lists, fetches and deletes.
func (c *collection) run(ctx context.Context) error {
	c.start = time.Now()
	defer func() { c.Took = time.Since(c.start) }()
	mark, err := c.mark()
	if err != nil || c.unchanged(mark) {
		return err
	}
	if err := c.list(); err != nil {
		return err
	}
	if err := c.name(); err != nil {
		return err
	}
	c.rows.sort()
	c.apart()
	wanted := c.wanted()
	switch {
	case !slices.ContainsFunc(c.settling(), c.has): // the power may have gone in the middle of since
		wanted, err = c.since(wanted)
	case len(wanted) > 0 && c.renumbered(wanted):
		if wanted, err = c.recognize(ctx, wanted); err == nil {
			c.tellRenumbered(ctx, len(wanted))
		}
	}
	if err == nil {
		err = c.begin()
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
	if err := c.purge(ctx); err != nil {
		return err
	}
	if c.Waiting+c.Failed+c.Deleted == 0 && !c.more && !c.refused.behind {
		c.past.mark, c.past.listed, c.past.at, c.past.refused = mark, c.Listed, c.start, c.refused.any
	}
	return nil
}

const (
	// mostUnlisted is how many times in a row a mailbox is not listed: over POP3 a message may
	// have been replaced by one of the same size, and messages are deleted after a listing only.
	mostUnlisted = 3
	// longestUnlisted is the same for a mailbox of IMAP in which nothing is deleted and of which
	// the store refused nothing. Its mark proves that its listing is as before, and ids are
	// forgotten after listings on several days.
	longestUnlisted = 24 * time.Hour
)

// mark returns a text that differs whenever the listing does, "" if that is not known.
func (c *collection) mark() (string, error) {
	if c.order.dry {
		return "", nil
	}
	mark, err := c.mailbox.Mark()
	if err != nil || mark == "" {
		return "", err
	}
	return fmt.Sprintf("%d %s %d %s", c.number, c.account.Fetch, c.account.Largest, mark), nil
}

// listingDue reports whether a mailbox is to be listed though it is as before.
func (c *collection) listingDue() bool {
	if c.account.Fetch == config.FetchIMAP && c.account.After == config.Unbounded && !c.past.refused {
		return c.start.Sub(c.past.at) >= longestUnlisted
	}
	return c.past.unlisted >= mostUnlisted
}

// unchanged reports whether there is nothing to do: the last listing was complete, all of it was
// done, and the provider has the same messages as then.
func (c *collection) unchanged(mark string) bool {
	before := c.past.mark
	c.past.mark = "" // an error makes the next collection list
	if mark == "" || mark != before || c.order.whole || c.listingDue() {
		c.past.unlisted = 0
		return false
	}
	c.past.unlisted++
	c.past.mark, c.Listed = mark, c.past.listed
	return true
}
