package retention

import (
	"context"
	"iter"

	"pillarbox/appliance/clock"
)

// A Maildrop is a mailbox as one login sees it: messages are numbered 1…Len() without those that
// are hidden. It records what was fetched, and writes that with the deletions, or when it is
// closed. It is used by one goroutine at a time.
type Maildrop struct {
	mailbox Mailbox
	policy  Policy
	device  string // the label of the device; "" if none
	trusted clock.Interval
	recent  bool
	bin     bool // there are messages in the bin
	hidden  bool // there are messages that the device deleted

	shown   []uint32 // by number-1: the number in the mailbox; nil if all are visible
	fetched []uint64 // one bit per message of the mailbox, allocated when the first is fetched
}

// A View selects what a login sees of a mailbox. The zero View is everything except the bin.
type View struct {
	Device string // messages that this device deleted are hidden; "" if none
	Recent bool   // only messages of the last RecentDays
}

// RecentDays is how far back a recent view goes.
const RecentDays = 30

// Open returns the maildrop of a login, under the policy of its account.
func Open(mailbox Mailbox, p Policy, v View, t clock.Interval) *Maildrop {
	d := &Maildrop{mailbox: mailbox, policy: p, recent: v.Recent, trusted: t}
	if v.Device != "" {
		d.device = DeviceLabel + v.Device
	}
	d.bin, d.hidden = mailbox.Bears(BinLabel), d.device != "" && mailbox.Bears(d.device)
	if !d.bin && !d.hidden && !d.recent {
		return d
	}
	total := mailbox.Len()
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

// hides reports whether message n of the mailbox is hidden from this login.
func (d *Maildrop) hides(n int) bool {
	if d.bin {
		if _, binned := d.mailbox.Marked(BinLabel, n); binned {
			return true
		}
	}
	if d.hidden {
		if _, gone := d.mailbox.Marked(d.device, n); gone {
			return true
		}
	}
	return d.recent && d.trusted.Age(d.mailbox.Day(n)) >= RecentDays
}

// Len returns how many messages are visible.
func (d *Maildrop) Len() int {
	if d.shown == nil {
		return d.mailbox.Len()
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

// Retrieved records that message n was sent completely.
func (d *Maildrop) Retrieved(n int) {
	n = d.At(n)
	if d.policy.KeepAfterFetch == 0 {
		return
	}
	if _, before := d.mailbox.Marked(FetchedLabel, n); before {
		return
	}
	if d.fetched == nil {
		d.fetched = make([]uint64, d.mailbox.Len()/64+1)
	}
	d.fetched[n/64] |= 1 << (n % 64)
}

// Delete does what deletion means for this login: the messages are hidden from its device, moved to
// the bin, or expunged. Fetched messages are marked in the same update.
func (d *Maildrop) Delete(ctx context.Context, marked iter.Seq[int]) error {
	gone := func(yield func(int) bool) {
		for n := range marked {
			if !yield(d.At(n)) {
				return
			}
		}
	}
	today := clock.DayOf(d.trusted.Now)
	c := Change{Marks: d.ofFetched(today)}
	switch {
	case d.device != "":
		c.Marks = append(c.Marks, Mark{d.device, today, gone})
	case d.policy.BinDays > 0:
		c.Marks = append(c.Marks, Mark{BinLabel, today, gone})
	default:
		c.Expunge = gone
	}
	if err := d.mailbox.Update(ctx, c); err != nil {
		return err
	}
	d.fetched = nil
	return nil
}

// ofFetched returns the mark of the fetched messages, if there are any.
func (d *Maildrop) ofFetched(today int) []Mark {
	if d.fetched == nil {
		return nil
	}
	return []Mark{{FetchedLabel, today, func(yield func(int) bool) {
		for n := 1; n <= d.mailbox.Len(); n++ {
			if d.fetched[n/64]>>(n%64)&1 != 0 && !yield(n) {
				return
			}
		}
	}}}
}

// Close marks fetched messages that are not marked yet, and closes the mailbox. A second Close does
// nothing.
func (d *Maildrop) Close() (err error) {
	if marks := d.ofFetched(clock.DayOf(d.trusted.Now)); marks != nil {
		err = d.mailbox.Update(context.Background(), Change{Marks: marks})
		d.fetched = nil
	}
	if closed := d.mailbox.Close(); err == nil {
		err = closed
	}
	return err
}
