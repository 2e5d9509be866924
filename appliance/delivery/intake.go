package delivery

import (
	"sync"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// fullPercent of the capacity may be mail before the spool refuses more.
const fullPercent = 80

// Rules are what an Intake reads of the configuration in force.
type Rules struct {
	Config *config.Config
	Table  *accounts.Table
}

// Options are what an Intake is made of.
type Options struct {
	Spool    *spool.Spool
	Rules    func() Rules  // in force at the moment
	Largest  int64         // octets of the largest message
	Index    int64         // octets of memory that the index of the spool may take
	ReadOnly bool          // the spool is only read: no bin gives way
	Clients  *access.Table // of the senders; may be nil if there are none
	Log      *zap.Logger   // nil: no log
}

// An Intake takes messages into a spool. It may be used by several goroutines.
type Intake struct {
	o          Options
	unfinished *unfinished
	relieving  sync.Mutex // one goroutine at a time empties bins
}

// New returns the intake of a spool.
func New(o Options) *Intake {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	in := &Intake{o: o}
	in.unfinished = &unfinished{free: in.Free, most: o.Largest}
	return in
}

// Largest returns how many octets a message may have.
func (in *Intake) Largest() int64 { return in.o.Largest }

func (in *Intake) rules() Rules { return in.o.Rules() }

func (in *Intake) store() mailbox.Store { return mailbox.Store{Spool: in.o.Spool} }

// Free returns how many octets more the spool may hold if no message is unfinished.
func (in *Intake) Free() int64 {
	return in.o.Spool.Capacity()/100*fullPercent - in.o.Spool.Live()
}

// MailboxRoom reports whether the mailbox of an account may hold a message of that many octets; 0
// stands for any message at all. It returns ErrMailboxFull, ErrTooLarge if it may never hold it,
// ErrRemoved, or nil.
func (in *Intake) MailboxRoom(account string, octets int64) error {
	owner, ok := in.rules().Table.Lookup(account)
	if !ok {
		return ErrRemoved
	}
	return in.quota(owner, octets, 0)
}

// quota is the quota rule: may the mailbox of an account hold octets more, beside octets that wait
// for their commit? Negative octets beside are those of messages that will be removed.
func (in *Intake) quota(account accounts.Account, octets, beside int64) error {
	limits := in.limits(account)
	if octets > limits.Octets {
		return ErrTooLarge
	}
	over := in.over(account, max(octets, 1)+beside, limits)
	free := int64(0) // of the bin
	if over > 0 {
		free = in.binned(in.binOf(account)) + min(beside, 0)
	}
	if over > free {
		return ErrMailboxFull
	}
	return nil
}

// limits returns the limits of the mailbox of an account.
func (in *Intake) limits(account accounts.Account) mailbox.Limits {
	return mailbox.LimitsOf(in.rules().Config, account.Name, in.o.Spool.Capacity(), in.o.Index)
}

// over returns how many octets have to go from the mailbox of an account before it may hold octets
// more: those beyond its limit, or any message at all if its index takes all the memory that it
// may.
func (in *Intake) over(account accounts.Account, octets int64, limits mailbox.Limits) int64 {
	key := spool.Key(account.Mailbox)
	over := in.held(key) + octets - limits.Octets
	if over <= 0 && !in.o.Spool.IndexRoom(key, limits.Index) {
		return 1
	}
	return over
}

// held returns how many octets a mailbox holds, its bin included.
func (in *Intake) held(key spool.Key) int64 {
	for _, box := range in.o.Spool.Mailboxes() {
		if box.Key == key {
			return box.Octets
		}
	}
	return 0
}

// fits reports whether any of the mailboxes may ever hold a message of that many octets. Without
// any the message is for the queue alone.
func (in *Intake) fits(to []accounts.Account, octets int64) bool {
	if len(to) == 0 {
		return true
	}
	for _, account := range to {
		if octets <= in.limits(account).Octets {
			return true
		}
	}
	return false
}

// binned returns how many octets of the mailboxes of accounts are in the bin.
func (in *Intake) binned(of []retention.Account) (octets int64) {
	for _, account := range of {
		n, err := retention.BinOctets(in.store(), account)
		if err != nil {
			in.o.Log.Error("reading the bin failed", zap.String("mailbox", account.Name), zap.Error(err))
		}
		octets += n
	}
	return octets
}

// binOf returns the mailbox whose bin gives way for an account.
func (in *Intake) binOf(account accounts.Account) []retention.Account {
	return []retention.Account{mailbox.Of(in.rules().Config, account)}
}

// bins returns the mailboxes of all accounts.
func (in *Intake) bins() []retention.Account {
	rules := in.rules()
	return mailbox.Accounts(rules.Config, rules.Table)
}
