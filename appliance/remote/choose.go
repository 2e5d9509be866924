package remote

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
)

const (
	// smallMessage is the size up to which messages are fetched before larger ones.
	smallMessage = 256 << 10
	// leastRenumbered is how many messages have to be listed for a mailbox to count as renumbered.
	leastRenumbered = 20
)

// list reads the listing.
func (c *collection) list() error {
	err := c.mailbox.List(func(m session.Message) error {
		r := c.rows.add(m)
		c.era(m)
		if m.ID != "" {
			if c.rows.words == "" {
				c.rows.words, _, _ = strings.Cut(m.ID, " ")
			}
			r.id = c.account.id(m.ID)
			r.have = c.store.Has(c.number, r.id)
		}
		return nil
	})
	c.Listed = c.rows.len()
	return err
}

// era notes the era of a folder, so that another session can read its messages without a listing.
func (c *collection) era(m session.Message) {
	const mostFolders = 64
	folder := int(m.Ref >> 32)
	if m.Era == 0 || folder >= mostFolders {
		return
	}
	for len(c.rows.eras) <= folder {
		c.rows.eras = append(c.rows.eras, 0)
	}
	c.rows.eras[folder] = m.Era
}

// name gives an id to the messages that the server has no usable name for: their headers.
func (c *collection) name() error {
	for r := range c.rows.all() {
		if !r.unnamed {
			continue
		}
		whole := sha256.New()
		if err := c.mailbox.Header(r.Ref, whole); err != nil {
			return err
		}
		r.id = c.account.id(fmt.Sprintf("header %x", whole.Sum(nil)))
		r.have = c.store.Has(c.number, r.id)
	}
	return nil
}

// apart gives an id by folder, era and number to each of the messages of a folder that the server
// calls by one name: with one id, those that were not fetched would be deleted with the one that
// was.
func (c *collection) apart() {
	found := false
	c.rows.shared(func(r *row) {
		if r.unnamed || !r.resumes {
			return
		}
		era, folder := uint64(0), int(r.Ref>>32)
		if folder < len(c.rows.eras) {
			era = c.rows.eras[folder]
		}
		r.stable = r.stable && era != 0
		r.id = c.account.id(fmt.Sprintf("shared %q %d %d", c.rows.names[r.folder], era, r.Ref))
		r.have = c.has(r.id)
		found = true
	})
	if found {
		c.rows.sort()
	}
}

// wanted returns the messages that the store does not have, each id once.
func (c *collection) wanted() []*row {
	var list []*row
	for r := range c.rows.all() {
		if !r.have && c.rows.of(r.id)[0] == r {
			list = append(list, r)
		}
	}
	return list
}

// renumbered reports whether the provider has given new names to messages that the store has: there
// were some before, and the protocol is another one, or the kind of the names, or of at least 20
// fewer than half are known. Where messages are deleted at once, what is there is always new.
func (c *collection) renumbered(wanted []*row) bool {
	if !c.store.Has(c.number, c.begun()) {
		return true
	}
	return c.account.After != config.FromNow && c.Listed >= leastRenumbered && len(wanted) > c.Listed/2
}

// recognize leaves out the messages whose fingerprints the store has under names that are no longer
// listed, each of them once, and what came before the account was set up. Their new ids are kept.
func (c *collection) recognize(ctx context.Context, list []*row) ([]*row, error) {
	had := make(map[fingerprint.Sum]int)
	settling, first := c.settling(), math.MaxInt
	err := c.store.Fingerprints(ctx, c.number, func(id ID, sum fingerprint.Sum, day int) {
		if slices.Contains(settling, id) {
			first = min(first, day)
		}
		if sum != (fingerprint.Sum{}) && len(c.rows.of(id)) == 0 {
			had[sum.Common()]++
		}
	})
	before := c.setUp(first)
	if err != nil || len(had) == 0 && before.IsZero() {
		return list, err
	}
	var keep []*row
	var known, old []Noted
	for _, r := range list {
		var header fingerprint.Writer
		if len(had) > 0 || r.came().IsZero() {
			if err := left(c.mailbox.Header(r.Ref, &header)); err != nil {
				return nil, err
			}
		}
		sum, ok := header.Sum()
		came := arrived(r, &header)
		switch {
		case ok && sum.Identifies() && had[sum.Common()] > 0:
			had[sum.Common()]--
			known = append(known, Noted{r.id, sum})
		case !came.IsZero() && came.Before(before):
			old = append(old, Noted{r.id, sum})
		default:
			keep = append(keep, r)
		}
	}
	c.Known, c.Skipped = len(known), len(old)
	if c.order.dry || len(known)+len(old) == 0 {
		return keep, nil
	}
	return keep, c.store.Note(c.number, append(known, old...))
}

// inOrder sorts small messages before large ones, and otherwise as they were listed. Those at which
// a session broke are the last.
func (c *collection) inOrder(list []*row) {
	place := func(r *row) int {
		switch {
		case c.past.broke[r.id]:
			return 2
		case r.Octets > smallMessage:
			return 1
		}
		return 0
	}
	sort.SliceStable(list, func(i, j int) bool { return place(list[i]) < place(list[j]) })
}
