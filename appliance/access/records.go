package access

import "slices"

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
