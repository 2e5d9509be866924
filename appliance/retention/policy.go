package retention

import (
	"context"
	"iter"

	"pillarbox/appliance/clock"
)

// The labels of marks. The label of a device is DeviceLabel followed by its name.
const (
	BinLabel     = "bin"
	FetchedLabel = "fetched"
	DeviceLabel  = "view:"
)

// A Policy is how long the messages of an account stay. The zero Policy keeps them until a client
// deletes them, and no longer.
type Policy struct {
	KeepDays       int // after arrival; 0: without limit
	KeepAfterFetch int // days after the first fetch; 0: fetching makes no difference
	BinDays        int // how long deleted messages can be restored; 0: not at all
}

// Removes reports whether the policy ever removes anything.
func (p Policy) Removes() bool { return p != Policy{} }

// Guaranteed returns for how many days at least nothing but a client removes a message; 0: without
// limit.
func (p Policy) Guaranteed() int {
	if p.KeepDays == 0 || p.KeepAfterFetch != 0 && p.KeepAfterFetch < p.KeepDays {
		return p.KeepAfterFetch
	}
	return p.KeepDays
}

// A Mailbox is a frozen view of a mailbox in a store. Messages are numbered 1…Len(). It is used by
// one goroutine at a time.
type Mailbox interface {
	Len() int
	// Octets returns the size of message n as it is listed.
	Octets(n int) int64
	// Day returns the day on which message n arrived, by the clock of that time: days since 1970,
	// UTC.
	Day(n int) int
	// Bears reports whether any message may bear a label.
	Bears(label string) bool
	// Marked reports whether message n bears a label, and returns the day of the mark.
	Marked(label string, n int) (day int, ok bool)
	// Update makes a change durable, all of it or none, with one flush. Messages that are already
	// gone are not an error.
	Update(ctx context.Context, c Change) error
	Close() error
}

// A Change is an update of a mailbox.
type Change struct {
	Expunge iter.Seq[int] // ascending; nil if none
	Marks   []Mark
}

// A Mark is a label with a day for some messages.
type Mark struct {
	Label    string
	Day      int           // days since 1970, UTC
	Messages iter.Seq[int] // ascending
}

// A Reason is why a message is due.
type Reason int

// The reasons, in the order in which they are checked.
const (
	Stays   Reason = iota
	Binned         // a client deleted it, BinDays ago
	Old            // it arrived KeepDays ago
	Fetched        // it was fetched KeepAfterFetch days ago
	reasons
)

// Judge returns why message n is to be removed, by the trusted interval, or Stays.
func (p Policy) Judge(mailbox Mailbox, n int, t clock.Interval) Reason {
	if !t.Trusted() {
		return Stays
	}
	if day, ok := mailbox.Marked(BinLabel, n); ok {
		if t.Age(day) >= p.BinDays {
			return Binned
		}
		return Stays
	}
	if p.KeepDays > 0 && t.Age(mailbox.Day(n)) >= p.KeepDays {
		return Old
	}
	if p.KeepAfterFetch > 0 {
		if day, ok := mailbox.Marked(FetchedLabel, n); ok && t.Age(day) >= p.KeepAfterFetch {
			return Fetched
		}
	}
	return Stays
}
