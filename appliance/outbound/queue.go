package outbound

import (
	"context"
	"errors"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/spool"
)

// An Account is a remote account as far as mail is sent through it.
type Account struct {
	Name      string
	Owner     string         // the local account that may send as its addresses, and gets its reports
	Addresses []string       // "anna@example.org"; the first is shown for mail of devices
	Server    string         // host:port of the outgoing server
	PerDay    int            // recipients in 24 hours; 0: no limit
	Devices   []netip.Prefix // clients that may send through it without a login
	Local     bool           // "local" in devices: mail of root on this machine, over the socket
}

// Has reports whether an address is one of the account. Letter case does not count: no provider
// hands out addresses that differ in it alone.
func (a *Account) Has(address string) bool {
	return slices.ContainsFunc(a.Addresses, func(own string) bool { return strings.EqualFold(own, address) })
}

// A Source has the remote accounts of the moment.
type Source interface {
	// Accounts returns those that may send, by name.
	Accounts() []Account
	// Generation changes when the login of an account may work again: another secret was stored.
	Generation(name string) string
}

// A Session hands messages over to an outgoing server; *smarthost.Session is one.
type Session interface {
	Send(*smarthost.Message) ([]smarthost.Result, error)
	Offers() smarthost.Offers
	Close()
}

// A Dialer opens a session with the outgoing server of an account. The error wraps ErrOffline,
// ErrLoginNeeded, or is one of package smarthost.
type Dialer interface {
	Dial(ctx context.Context, a Account) (Session, error)
}

// Errors of a Dialer.
var (
	// ErrOffline: the server could not be reached: no route, no name, no connection.
	ErrOffline = smarthost.ErrOffline
	// ErrLoginNeeded: there is no secret for the account, or the provider withdrew it.
	ErrLoginNeeded = errors.New("the remote account needs a login")
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

// maxCopies is how many Message-IDs are known at a time, with about 100 octets for each.
const maxCopies = 1024

// copies says which parcel may have put a copy with some Message-ID into the folder of sent mail.
// A client that sends one message in several transactions, or to each recipient alone, makes
// several parcels of it. Queue.mu guards it.
type copies struct {
	seed  maphash.Seed
	of    map[uint64]string // the parcel, by the hash of the Message-ID; "": several
	order []uint64          // the one that was added longest ago first
}

func newCopies() *copies {
	return &copies{seed: maphash.MakeSeed(), of: map[uint64]string{}}
}

// add notes that a parcel may have put a copy there.
func (c *copies) add(messageID, parcel string) {
	h := maphash.String(c.seed, messageID)
	if other, ok := c.of[h]; ok {
		if other != parcel {
			parcel = ""
		}
		at := slices.Index(c.order, h)
		c.order = slices.Delete(c.order, at, at+1)
	}
	if len(c.order) >= maxCopies {
		delete(c.of, c.order[0])
		c.order = slices.Delete(c.order, 0, 1)
	}
	c.of[h], c.order = parcel, append(c.order, h)
}

// only reports whether a copy can be of no other parcel.
func (c *copies) only(messageID, parcel string) bool {
	return c.of[maphash.String(c.seed, messageID)] == parcel
}
