package access

import (
	"container/list"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// A Table is what the server remembers of its clients, all of it: whatever is counted for a client
// is counted here. It is empty at first and bounded: at most 102 KiB, which only an attack from
// hundreds of addresses fills; a family of ten needs 12 KiB.
//
//	clients    maxClients of 96 octets                                          42 KiB
//	pairs      maxStrangers and maxKnown of 64 octets                           40 KiB
//	accounts   maxAccounts of 32 octets that do not exist, and those that do     3 KiB
//	networks   maxNetworks of 40 octets                                          4 KiB
//	the rest   room to grow, and what the allocator rounds up                   13 KiB
//
// A client that has something open (a session, a handshake, a login that waits) has 64 octets
// more, and its record is not evicted; as many as there are sessions.
//
// No method waits for anything but mu, except those that take a context.
type Table struct {
	began  time.Time // instants count from here
	bounds Bounds
	shared []Client // addresses that stand for many clients; see Share

	mu       sync.Mutex
	secret   []byte // the key of the hashes
	clients  slab[Client, record]
	pairs    slab[pairKey, pair]
	accounts slab[uint64, account]  // by accountKey
	networks slab[pairKey, network] // by account and /64

	knownPairs int     // how many of pairs are known
	dirty      bool    // some of them are not in the file
	stored     bool    // there is a file
	saved      instant // when it was written

	number     uint64    // of the last session
	sessions   list.List // of *Session, the oldest first, without those whose end was requested
	handshakes list.List // of *handshake, the oldest first
	total      int       // sessions that have not left, including those whose end was requested
	leaving    int       // of these: those whose end was requested
	local      int       // of the others: those over a local socket

	flood     window // connections of all strangers
	floods    window // warnings about floods of one client
	floodTold instant
	flooded   bool   // floodTold is set
	alarms    window // warnings about guesses
}

// A record is what is remembered of one client. It has 72 octets, 96 together with the client.
type record struct {
	seen        instant // when the client did something last
	open        *open   // nil: nothing, and then the record may be evicted
	wasted      bucket  // octets of mail that came to nothing
	recipients  bucket  // unknown recipients
	guesses     bucket  // logins to accounts that this client is not known for
	minute      window  // connections
	floodLogged instant // when a flood of it was logged
	lines       uint16  // of the log, in one of its windows, those of served left out
	served      uint16  // of the log, in that window, about what was done for the client
	linesOf     uint16  // the number of that window
	known       bool    // an account has logged in from it
	flooded     bool    // floodLogged is set
}

// An open is what one client, or one /64, has open now. The counts of a /64 are those of strangers.
type open struct {
	network    *open // of an IPv6 client
	known      bool
	shared     bool // it stands for many clients
	sessions   int
	handshakes int
	waiting    int
	pins       int // how many use the record, which is then not evicted
}

const (
	maxClients   = 440
	maxStrangers = 440
	maxKnown     = 192
	maxAccounts  = 96
	maxNetworks  = 96
)

// NewTable returns an empty table.
func NewTable() *Table {
	t := &Table{
		began: time.Now(), bounds: BoundsFor(usualSessions), secret: make([]byte, SecretSize),
	}
	rand.Read(t.secret) // never fails (crypto/rand)
	return t
}

// SetBounds sets how many sessions and handshakes there may be. It is called before the first one.
func (t *Table) SetBounds(b Bounds) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bounds = b
}

// Ready returns when no other method is at work: a health check finds out by it that sessions can
// be admitted.
func (t *Table) Ready() {
	t.mu.Lock()
	defer t.mu.Unlock()
}

// Known reports whether an account has logged in from c, in this run or an earlier one.
func (t *Table) Known(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.knownLocked(c)
}

// AnyKnown reports whether an account has logged in from any client, in this run or an earlier one.
func (t *Table) AnyKnown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.knownPairs > 0
}

// now returns the present instant.
func (t *Table) now() instant { return time.Since(t.began) }

func (t *Table) knownLocked(c Client) bool {
	if r, ok := t.clients.get(c); ok {
		return r.known
	}
	if t.knownPairs == 0 {
		return false
	}
	key := t.clientKey(c)
	return slices.ContainsFunc(t.pairs.entries, func(e entry[pairKey, pair]) bool {
		return e.value.known && e.key.client == key
	})
}

// recordLocked returns the record of c, as it is or a new one. The caller changes it and puts it
// into t.clients.
func (t *Table) recordLocked(c Client, now instant) record {
	r, ok := t.clients.get(c)
	if !ok {
		r.known = t.knownLocked(c)
		if len(t.clients.entries) >= maxClients {
			t.evictLocked()
		}
	}
	r.seen = now
	return r
}

// evictLocked removes the client that was not seen for longest and has nothing open; strangers
// before known clients. If all have something open, it removes none.
func (t *Table) evictLocked() {
	t.clients.evict(func(r *record) bool { return r.open == nil }, func(a, b *record) bool {
		if a.known != b.known {
			return b.known
		}
		return a.seen < b.seen
	})
}

// holdLocked returns what c has open, and keeps the record of c until releaseLocked.
func (t *Table) holdLocked(c Client, now instant) *open {
	r := t.recordLocked(c, now)
	if r.open == nil {
		r.open = &open{known: r.known, shared: t.isShared(c)}
		if network, ok := t.networkOf(c); ok {
			r.open.network = t.holdLocked(network, now)
		}
	}
	r.open.pins++
	t.clients.put(c, r)
	return r.open
}

func (t *Table) releaseLocked(c Client) {
	r := t.clients.of(c)
	if r.open.pins--; r.open.pins > 0 {
		return
	}
	r.open = nil
	t.clients.put(c, r)
	if network, ok := t.networkOf(c); ok {
		t.releaseLocked(network)
	}
	if len(t.clients.entries) > maxClients { // it was kept beyond the bound
		t.clients.remove(c)
	}
}

// crowd returns the count by which the one that makes room is chosen: how many the /64 of an IPv6
// client has, or else the client.
func (o *open) crowd(count func(*open) int) int {
	if o.network != nil {
		return count(o.network)
	}
	return count(o)
}

// A window counts what happens in a minute. 16 octets.
type window struct {
	began instant
	count int32
	past  bool // there was a window before: began is set
}

const minute = instant(time.Minute)

// add counts one more and returns how many there are in the window.
func (w *window) add(now instant) int {
	if !w.past || now-w.began >= minute {
		w.began, w.count, w.past = now, 0, true
	}
	w.count++
	return int(w.count)
}
