package retention

import (
	"context"
	"iter"
)

// The labels of marks. That of a device is its name behind DeviceLabel.
const (
	BinLabel     = "bin"
	FetchedLabel = "fetched"
	DeviceLabel  = "view:"
)

// A Policy is how long the mail of an account stays. The zero Policy keeps it until a client deletes it, and then no longer.
type Policy struct {
	KeepDays       int // after it came; 0: for ever
	KeepAfterFetch int // days after it was first fetched; 0: that makes no difference
	BinDays        int // how long mail that clients delete can be brought back; 0: not at all
}

// Removes says whether the policy ever removes anything by itself.
func (p Policy) Removes() bool { return p != Policy{} }

// Guaranteed returns how many days mail stays by itself at least; 0: for ever.
func (p Policy) Guaranteed() int {
	if p.KeepDays == 0 || p.KeepAfterFetch != 0 && p.KeepAfterFetch < p.KeepDays {
		return p.KeepAfterFetch
	}
	return p.KeepDays
}

// A Mailbox is the frozen view of a mailbox that a store gives. Messages are numbered 1…Len(). It is used by one
// goroutine at a time.
type Mailbox interface {
	Len() int
	// Octets is the size of message n as it is listed.
	Octets(n int) int64
	// Day is the day on which message n came, by the clock of then: days since 1970, UTC.
	Day(n int) int
	// Bears says whether a message may bear a label; false: none does.
	Bears(label string) bool
	// Marked says whether message n bears a label, and the day that was given with it.
	Marked(label string, n int) (day int, ok bool)
	// Update makes a change durable, all of it or none, with one flush. What is gone already is no error.
	Update(ctx context.Context, c Change) error
	Close() error
}

// A Change is what is done to a mailbox at once.
type Change struct {
	Expunge iter.Seq[int] // ascending; nil: none
	Marks   []Mark
}

// A Mark is put on messages.
type Mark struct {
	Label    string
	Day      int           // days since 1970, UTC
	Messages iter.Seq[int] // ascending
}

// A Reason is why a message is due.
type Reason int

// The reasons, in the order in which they are looked at.
const (
	Stays   Reason = iota
	Binned         // a client deleted it, BinDays ago
	Old            // it came KeepDays ago
	Fetched        // it was fetched KeepAfterFetch days ago
	reasons
)

// Judge says whether message n is to be removed in that term, and why.
func (p Policy) Judge(box Mailbox, n int, t Term) Reason {
	if !t.Believed() {
		return Stays
	}
	if day, ok := box.Marked(BinLabel, n); ok {
		if t.Age(day) >= p.BinDays {
			return Binned
		}
		return Stays
	}
	if p.KeepDays > 0 && t.Age(box.Day(n)) >= p.KeepDays {
		return Old
	}
	if p.KeepAfterFetch > 0 {
		if day, ok := box.Marked(FetchedLabel, n); ok && t.Age(day) >= p.KeepAfterFetch {
			return Fetched
		}
	}
	return Stays
}
