package remote

import (
	"net/mail"
	"slices"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
)

// mostSummed bounds the headers that are read of messages which since leaves out.
const mostSummed = 200

// since leaves out what was at the provider before the account was set up. The ids of these are
// kept, so that they are not asked about again.
func (c *collection) since(list []*row) ([]*row, error) {
	if c.account.Since == config.Unbounded {
		return list, nil
	}
	var keep, old []*row
	before := c.clock.Now().AddDate(0, 0, -int(c.account.Since))
	for _, r := range list {
		late := false
		if c.account.Since != config.FromNow {
			date, err := c.date(r)
			if err != nil {
				return nil, err
			}
			late = date.IsZero() || date.After(before)
		}
		if late {
			keep = append(keep, r)
		} else {
			old = append(old, r)
		}
	}
	c.Skipped = len(old)
	if c.order.dry || len(old) == 0 {
		return keep, nil
	}
	noted, err := c.summed(old, before)
	if err != nil {
		return nil, err
	}
	return keep, c.store.Note(c.number, noted)
}

// summed returns the ids of messages that since leaves out. The newest, which setUp does not leave
// out, have their fingerprints, so that they are recognized if the provider renumbers the mailbox.
func (c *collection) summed(old []*row, before time.Time) ([]Noted, error) {
	noted, most := make([]Noted, len(old)), mostSummed
	recent := before.AddDate(0, 0, -2)
	for i, r := range slices.Backward(old) { // the newest are listed last
		noted[i].ID = r.id
		if came := r.came(); most == 0 || !came.IsZero() && came.Before(recent) {
			continue
		}
		most--
		var header fingerprint.Writer
		if err := left(c.mailbox.Header(r.Ref, &header)); err != nil {
			return nil, err
		}
		noted[i].Sum, _ = header.Sum()
	}
	return noted, nil
}

// setUp returns the time before which messages are left out of a mailbox that was renumbered, given
// the day of the first collection; the zero time if none are. since itself, counted from now, would
// leave out what came after the last collection. It is earlier by up to two days: the clocks
// differ.
func (c *collection) setUp(first int) time.Time {
	today, believed := c.clock.Today()
	if c.account.Since == config.Unbounded || !believed || first > today { // the clock was ahead then
		return time.Time{}
	}
	return time.Unix(int64(first-1)*24*60*60, 0).AddDate(0, 0, -int(c.account.Since))
}

// date returns when a message came to the provider, or was written; the zero time if nothing says.
func (c *collection) date(r *row) (time.Time, error) {
	var header fingerprint.Writer
	if r.came().IsZero() {
		if err := left(c.mailbox.Header(r.Ref, &header)); err != nil {
			return time.Time{}, err
		}
	}
	return arrived(r, &header), nil
}

// arrived returns when a message came to the provider. If the listing does not say it, that is the
// later one of what the provider has written into its header, and the sender: Date alone may be
// wrong by years.
func arrived(r *row, header *fingerprint.Writer) (came time.Time) {
	if came = r.came(); !came.IsZero() {
		return came
	}
	for _, text := range []string{header.Received(), header.Date()} {
		if date, err := mail.ParseDate(text); err == nil && date.After(came) {
			came = date
		}
	}
	return came
}

// begun is the id that says that the account was collected lately by its protocol, with names of
// the same kind: a provider may begin to offer better ones.
func (c *collection) begun() ID {
	if words := c.rows.words; words != "" && words != string(c.account.Fetch) {
		return c.account.id("begun " + string(c.account.Fetch) + " " + words)
	}
	return c.account.id("begun " + string(c.account.Fetch))
}

// settled is the id that says that a first collection of the account has come as far as its
// messages, by whatever protocol. It is never forgotten.
func (c *collection) settled() ID { return c.account.id("settled") }

// settling returns the ids one of which is there behind what since leaves out: without any of them,
// the first collection was interrupted. The least of their days is that of the first collection.
func (c *collection) settling() []ID {
	ids := []ID{c.settled(), c.begun()}
	for _, kind := range []string{string(config.FetchPOP3), string(config.FetchIMAP), "imap gmail", "imap object"} {
		ids = append(ids, c.account.id("begun "+kind))
	}
	return ids
}

// has reports whether the store has an id.
func (c *collection) has(id ID) bool { return c.store.Has(c.number, id) }

// begin notes the ids of a first collection, and of one by other names.
func (c *collection) begin() error {
	if c.order.dry || c.has(c.settled()) && c.has(c.begun()) {
		return nil
	}
	return c.store.Note(c.number, []Noted{{ID: c.settled()}, {ID: c.begun()}})
}
