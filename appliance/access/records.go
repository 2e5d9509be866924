package access

import (
	"slices"
	"time"
)

const maxClients = 440

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

// records are what is remembered of each client, and of each /64 with a client that is counted in
// it, too.
type records struct {
	slab[Client, record]
	shared []Client // addresses that stand for many clients; see Table.Share
	pairs  *pairs   // the known ones outlast the records
}

// isShared reports whether c stands for many clients.
func (rs *records) isShared(c Client) bool { return slices.Contains(rs.shared, c) }

// networkOf returns the /64 of an IPv6 client, in which it is counted, too. A shared address is
// counted by itself.
func (rs *records) networkOf(c Client) (network Client, ok bool) {
	if rs.isShared(c) {
		return Client{}, false
	}
	return c.Network()
}

// known reports whether an account has logged in from c, in this run or an earlier one.
func (rs *records) known(c Client) bool {
	if r, ok := rs.get(c); ok {
		return r.known
	}
	return rs.pairs.knows(c)
}

// touch returns the record of c, as it is or a new one, which the caller changes and puts back.
func (rs *records) touch(c Client, now instant) record {
	r, ok := rs.get(c)
	if !ok {
		r.known = rs.known(c)
		if len(rs.entries) >= maxClients {
			rs.makeRoom()
		}
	}
	r.seen = now
	return r
}

// makeRoom removes the client that was not seen for longest and has nothing open; strangers before
// known clients. If all have something open, it removes none.
func (rs *records) makeRoom() {
	rs.evict(func(r *record) bool { return r.open == nil }, func(a, b *record) bool {
		if a.known != b.known {
			return b.known
		}
		return a.seen < b.seen
	})
}

// becomeKnown notes that an account has logged in from c.
func (rs *records) becomeKnown(c Client, now instant) {
	r := rs.touch(c, now)
	if r.known = true; r.open != nil {
		r.open.becomeKnown()
	}
	rs.put(c, r)
}

// hold returns what c has open, and keeps the record of c until release.
func (rs *records) hold(c Client, now instant) *open {
	r := rs.touch(c, now)
	if r.open == nil {
		r.open = &open{known: r.known, shared: rs.isShared(c)}
		if network, ok := rs.networkOf(c); ok {
			r.open.network = rs.hold(network, now)
		}
	}
	r.open.pins++
	rs.put(c, r)
	return r.open
}

// release ends one hold.
func (rs *records) release(c Client) {
	r := rs.of(c)
	if r.open.pins--; r.open.pins > 0 {
		return
	}
	r.open = nil
	rs.put(c, r)
	if network, ok := rs.networkOf(c); ok {
		rs.release(network)
	}
	if len(rs.entries) > maxClients { // it was kept beyond the bound
		rs.remove(c)
	}
}

const (
	floodLines  = 3         // refusals of a client that are logged in a minute; the rest is counted
	floodAt     = 60        // connections of a stranger in a minute that are a flood
	floodAtAll  = 600       // of all strangers together
	floodSilent = time.Hour // a flood that was logged is not logged again for this time
	mostFloods  = 5         // floods of clients that are logged in a minute
)

// A Notice is what to log of one connection.
type Notice struct {
	Line   bool // the connection itself
	Client bool // its client has begun a flood
	All    bool // many clients together have
}

// The counts that Notice is about, in a minute.
const (
	FloodOfClient = floodAt
	FloodOfAll    = floodAtAll
)

// floods count connections.
type floods struct {
	all      window // connections of all strangers
	warnings window // about floods of one client
	told     instant
	flooded  bool // told is set
}

// connected counts a connection, see Table.Connected.
func (f *floods) connected(clients *records, c Client, now instant) (says Notice) {
	r := clients.touch(c, now)
	n := r.minute.add(now)
	says.Line = n <= floodLines
	if n == floodAt && (!r.flooded || now-r.floodLogged >= floodSilent) {
		if says.Client = f.warnings.add(now) <= mostFloods; says.Client {
			r.floodLogged, r.flooded = now, true
		}
	}
	clients.put(c, r)
	if f.all.add(now) == floodAtAll && (!f.flooded || now-f.told >= floodSilent) {
		f.told, f.flooded, says.All = now, true, true
	}
	return says
}

// line counts one more line of the log about c, see Table.Lines.
func (rs *records) line(c Client, window uint16, served bool, now instant) (lines int, known bool) {
	r := rs.touch(c, now)
	if r.linesOf != window {
		r.linesOf, r.lines, r.served = window, 0, 0
	}
	counter := &r.lines
	if served {
		counter = &r.served
	}
	*counter = more(*counter)
	rs.put(c, r)
	return int(*counter), r.known
}

// wasteBudget is how many octets of unfinished mail that came to nothing a stranger may send in an
// hour: what the flash took before the client gave up, was cut off or was refused.
const wasteBudget = 100 << 20

var (
	wasteStranger = rate{wasteBudget, time.Hour / wasteBudget}
	wasteNetwork  = wasteStranger.times(networkTimes) // of all strangers of an IPv6 /64
	wasteKnown    = wasteStranger.times(8)
)

// waste counts octets that came to nothing.
func (rs *records) waste(c Client, octets int64, now instant) {
	r := rs.touch(c, now)
	own := wasteStranger
	if r.known || rs.isShared(c) {
		own = wasteKnown
	}
	r.wasted.take(own, now, octets)
	rs.put(c, r)
	if network, ok := rs.networkOf(c); ok && !r.known {
		n := rs.touch(network, now)
		n.wasted.take(wasteNetwork, now, octets)
		rs.put(network, n)
	}
}

// exhausted reports whether c has wasted as many octets as it may.
func (rs *records) exhausted(c Client, now instant) bool {
	if rs.known(c) || rs.isShared(c) {
		return rs.of(c).wasted.wait(wasteKnown, now) > 0
	}
	if network, ok := rs.networkOf(c); ok && rs.of(network).wasted.wait(wasteNetwork, now) > 0 {
		return true
	}
	return rs.of(c).wasted.wait(wasteStranger, now) > 0
}
