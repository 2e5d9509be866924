package retention

import (
	"context"
	"iter"
)

// A Maildrop is a mailbox as one login sees it: messages are numbered 1…Len() without those that are hidden. It gathers what was fetched, and
// leaves it behind with the deletes, or when it is closed. It is used by one goroutine at a time.
type Maildrop struct {
	box    Mailbox
	policy Policy
	device string // the label of the device; "" for none
	recent bool
	term   Term
	bin    bool // there is mail in the bin
	hidden bool // there is mail that the device deleted

	shown   []uint32 // by number-1: the number in the mailbox; nil: all are seen, by their own number
	fetched []uint64 // a bit a message of the mailbox, from the first on that was sent
}

// A View is what a login wants to see of a mailbox. The zero View is all of it, but for the bin.
type View struct {
	Device string // what this device deleted is hidden; "" for none
	Recent bool   // the mail of the last RecentDays only
}

// RecentDays is how far back a recent view goes.
const RecentDays = 30

// Open shows a mailbox to a login, under the policy of its account.
func Open(box Mailbox, p Policy, v View, t Term) *Maildrop {
	d := &Maildrop{box: box, policy: p, recent: v.Recent, term: t}
	if v.Device != "" {
		d.device = DeviceLabel + v.Device
	}
	d.bin, d.hidden = box.Bears(BinLabel), d.device != "" && box.Bears(d.device)
	if !d.bin && !d.hidden && !d.recent {
		return d
	}
	total := box.Len()
	for n := 1; n <= total; n++ {
		switch hidden := d.hides(n); {
		case hidden && d.shown == nil:
			d.shown = make([]uint32, n-1, total-1)
			for i := range d.shown {
				d.shown[i] = uint32(i + 1)
			}
		case !hidden && d.shown != nil:
			d.shown = append(d.shown, uint32(n))
		}
	}
	return d
}

// hides says whether message n of the mailbox is not for this login.
func (d *Maildrop) hides(n int) bool {
	if d.bin {
		if _, binned := d.box.Marked(BinLabel, n); binned {
			return true
		}
	}
	if d.hidden {
		if _, gone := d.box.Marked(d.device, n); gone {
			return true
		}
	}
	return d.recent && d.term.Age(d.box.Day(n)) >= RecentDays
}

// Len returns how many messages are seen.
func (d *Maildrop) Len() int {
	if d.shown == nil {
		return d.box.Len()
	}
	return len(d.shown)
}

// At returns the number in the mailbox of message n.
func (d *Maildrop) At(n int) int {
	if d.shown == nil {
		return n
	}
	return int(d.shown[n-1])
}

// Retrieved is told that message n was sent whole.
func (d *Maildrop) Retrieved(n int) {
	n = d.At(n)
	if d.policy.KeepAfterFetch == 0 {
		return
	}
	if _, before := d.box.Marked(FetchedLabel, n); before {
		return
	}
	if d.fetched == nil {
		d.fetched = make([]uint64, d.box.Len()/64+1)
	}
	d.fetched[n/64] |= 1 << (n % 64)
}

// Delete does what deleting means for this login: the messages are hidden from its device, put into the bin, or
// removed. What was fetched is marked in the same update.
func (d *Maildrop) Delete(ctx context.Context, marked iter.Seq[int]) error {
	gone := func(yield func(int) bool) {
		for n := range marked {
			if !yield(d.At(n)) {
				return
			}
		}
	}
	today := DayOf(d.term.Now)
	c := Change{Marks: d.ofFetched(today)}
	switch {
	case d.device != "":
		c.Marks = append(c.Marks, Mark{d.device, today, gone})
	case d.policy.BinDays > 0:
		c.Marks = append(c.Marks, Mark{BinLabel, today, gone})
	default:
		c.Expunge = gone
	}
	if err := d.box.Update(ctx, c); err != nil {
		return err
	}
	d.fetched = nil
	return nil
}

// ofFetched returns the mark of what was fetched, if there is any.
func (d *Maildrop) ofFetched(today int) []Mark {
	if d.fetched == nil {
		return nil
	}
	return []Mark{{FetchedLabel, today, func(yield func(int) bool) {
		for n := 1; n <= d.box.Len(); n++ {
			if d.fetched[n/64]>>(n%64)&1 != 0 && !yield(n) {
				return
			}
		}
	}}}
}

// Close marks what was fetched and not told yet, and gives the mailbox back. A second Close does nothing.
func (d *Maildrop) Close() (err error) {
	if marks := d.ofFetched(DayOf(d.term.Now)); marks != nil {
		err = d.box.Update(context.Background(), Change{Marks: marks})
		d.fetched = nil
	}
	if closed := d.box.Close(); err == nil {
		err = closed
	}
	return err
}
