package access

import "time"

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
