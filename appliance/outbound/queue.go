package outbound

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/spool"
)

// Options are what a Queue is given.
type Options struct {
	Spool    *spool.Spool
	Accounts Source
	Dialer   Dialer
	// Deliver stores a report of the queue in the mailbox of a local account; "" is the postmaster.
	// text has lines that end in CRLF, without byte-stuffing.
	Deliver func(ctx context.Context, owner string, text []byte) error
	// Wall returns the time of the day, and whether it can be believed.
	Wall func() (now time.Time, trusted bool)
	// Hostname is the name of this server in reports.
	Hostname func() string
	// InSent reports whether a message lies in the folder of sent mail at the provider; nil, or an
	// error: it is not known.
	InSent func(ctx context.Context, a Account, messageID string) (bool, error)
	// Asks is called once when the login of an account is refused, to tell its owner; nil: only the
	// log has it.
	Asks func(a Account, why string)
	// Hold keeps what survives a start: the identity of the state directory, and what is held. nil:
	// nothing does.
	Hold *Hold
	Log  *zap.Logger
}

// A Queue sends what lies in the spool under Key. One goroutine calls Run; the other methods may be
// called from any.
type Queue struct {
	o    Options
	log  *zap.Logger
	wake chan struct{}

	mu      sync.Mutex
	parcels map[string]*parcel // by ID and account
	lanes   map[string]*lane   // by account
	sizes   map[string]int64   // what outgoing servers take, as their last EHLO said; by account
	known   map[string]bool    // unique-ids that were read, also damaged ones
	devices map[string][]time.Time
	copies  *copies
	scanned bool
}

// New returns the queue of a spool.
func New(o Options) *Queue {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	return &Queue{
		o: o, log: o.Log, wake: make(chan struct{}, 1),
		parcels: map[string]*parcel{}, lanes: map[string]*lane{}, sizes: map[string]int64{}, devices: map[string][]time.Time{},
		copies: newCopies(),
	}
}

// Wake makes Run look into the spool: something was queued.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default: // it will look
	}
}

// Prepare is called before a message is queued. It writes nothing but the first time.
func (q *Queue) Prepare() error { return q.o.Hold.Prepare() }

// lane returns the lane of an account. Queue.mu is held.
func (q *Queue) lane(account string) *lane {
	l := q.lanes[account]
	if l == nil {
		l = &lane{}
		q.lanes[account] = l
	}
	return l
}

// dueAt returns when a parcel is sent, or a report about it is stored; the zero Time if it is held.
// Queue.mu is held.
func (q *Queue) dueAt(p *parcel) (at time.Time) {
	if !p.held && !q.o.Hold.All() && len(p.waiting()) > 0 {
		at = p.next
		if l := q.lane(p.account); l.until.After(at) {
			at = l.until
		}
	}
	if !p.settle.IsZero() && (at.IsZero() || p.settle.Before(at)) {
		at = p.settle
	}
	return at
}

// wall returns the time of the day.
func (q *Queue) wall() time.Time {
	now, _ := q.o.Wall()
	return now
}

func (q *Queue) account(name string) (Account, bool) {
	list := q.o.Accounts.Accounts()
	i := slices.IndexFunc(list, func(a Account) bool { return a.Name == name })
	if i < 0 {
		return Account{}, false
	}
	return list[i], true
}
