package outbound

import (
	"context"
	"errors"
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

// lookAgain is the longest time between two looks for what has become too old.
const lookAgain = time.Hour

// Run sends until ctx ends. It returns when no session is open any more.
func (q *Queue) Run(ctx context.Context) {
	for {
		if err := q.scan(); err != nil && ctx.Err() == nil && !errors.Is(err, spool.ErrClosed) {
			q.log.Error("reading the queue of outgoing mail failed", zap.Error(err))
		}
		timer := time.NewTimer(time.Until(q.due(time.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-q.wake:
			timer.Stop()
			if err := q.scan(); err != nil {
				continue // the next round has the words
			}
		case <-timer.C:
		}
		for _, name := range q.ready(time.Now()) {
			if ctx.Err() != nil {
				return
			}
			q.serve(ctx, name)
		}
	}
}

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

// due returns when Run has something to do.
func (q *Queue) due(now time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := now.Add(lookAgain)
	for _, p := range q.parcels {
		if at := q.dueAt(p); !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}

// ready returns the accounts with something to send now.
func (q *Queue) ready(now time.Time) (names []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := map[string]bool{}
	found := map[string]bool{}
	for _, p := range q.parcels {
		waiting[p.account] = true
		if at := q.dueAt(p); !at.IsZero() && !at.After(now) && !found[p.account] {
			found[p.account] = true
			names = append(names, p.account)
		}
	}
	for name, l := range q.lanes {
		if !waiting[name] {
			l.idle()
		}
	}
	return names
}
