package access

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"pillarbox/appliance/durable"
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
// Its parts have no lock: only methods of Table and Session use them, and hold mu. No method waits
// for anything but mu, except those that take a context; they do not hold it meanwhile.
type Table struct {
	began time.Time // instants count from here

	mu         sync.Mutex
	bounds     Bounds
	pairs      pairs
	clients    records
	guesses    guesses
	floods     floods
	sessions   sessions
	handshakes handshakes
}

// NewTable returns an empty table.
func NewTable() *Table {
	t := &Table{began: time.Now(), bounds: BoundsFor(usualSessions)}
	t.pairs.keys = newKeys()
	t.clients.pairs = &t.pairs
	t.guesses.clients, t.guesses.pairs = &t.clients, &t.pairs
	return t
}

// now returns the present instant.
func (t *Table) now() instant { return time.Since(t.began) }

// SetBounds sets how many sessions and handshakes there may be. It is called before the first one.
func (t *Table) SetBounds(b Bounds) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bounds = b
}

// Share sets the addresses that each stand for many clients: those from which the engine of a
// container forwards what comes from the network. It is called before the first session.
//
// A shared address has the limits of a network instead of those of one client, so that one device
// does not use up those of all others. What limits it then is mostly counted by account: guesses at
// one account delay only the logins to that account.
func (t *Table) Share(addrs []netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients.shared = nil
	for _, addr := range addrs {
		t.clients.shared = append(t.clients.shared, ClientAt(addr))
	}
}

// Open gives the table its secret, and reads the known pairs from a file. Without a file there are
// none. If the file is not one of this secret, it is replaced at the next Save, and the error says
// so. wall is the time of day, which is compared with that of the file to find out when it may be
// written again. It is called before the first session.
func (t *Table) Open(path string, secret []byte, wall time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pairs.keys = keys{slices.Clone(secret)}
	return t.pairs.read(path, wall, t.now())
}

// Save writes the known pairs if there are new ones and the file was not written within a day: one
// small file and its folder are flushed then.
func (t *Table) Save(path string) error {
	t.mu.Lock()
	text := t.pairs.due(t.now())
	t.mu.Unlock()
	if text == nil {
		return nil
	}
	err := durable.Replace(path, text)
	if err != nil { // tried again in a day
		t.mu.Lock()
		defer t.mu.Unlock()
		t.pairs.dirty = true
	}
	if errors.Is(err, syscall.EROFS) {
		return nil
	}
	return err
}

// Ready returns when no other method is at work: a health check finds out by it that sessions can
// be admitted.
func (t *Table) Ready() {
	t.mu.Lock()
	defer t.mu.Unlock()
}

// Shared reports whether a client stands for many.
func (t *Table) Shared(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients.isShared(c)
}

// Known reports whether an account has logged in from c, in this run or an earlier one.
func (t *Table) Known(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients.known(c)
}

// AnyKnown reports whether an account has logged in from any client, in this run or an earlier one.
func (t *Table) AnyKnown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pairs.known > 0
}

// Sessions returns how many sessions there are.
func (t *Table) Sessions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sessions.total
}

// Connected counts a connection of a client that is refused, or that is a stranger. The log is on
// flash too: it should have one line for a flood, not one for each connection.
func (t *Table) Connected(c Client) Notice {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.floods.connected(&t.clients, c, t.now())
}

// Lines counts one more line of the log about c, and returns how many there are in a window, and
// whether c is known. Lines about what was done for c (served) are counted apart from all others.
// window is a number, which the log increments.
func (t *Table) Lines(c Client, window uint16, served bool) (lines int, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients.line(c, window, served, t.now())
}

// Wasted counts octets of unfinished mail from c that came to nothing.
func (t *Table) Wasted(c Client, octets int64) {
	if octets <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients.waste(c, octets, t.now())
}

// Exhausted reports whether c has wasted as many octets as it may, and is to be refused at MAIL:
// 100 MiB an hour of a stranger, 400 MiB of all strangers of an IPv6 /64, 800 MiB of a known
// client or a shared address.
func (t *Table) Exhausted(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients.exhausted(c, t.now())
}
