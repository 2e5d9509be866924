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

// Connected counts a connection of a client that is refused, or that is a stranger. The log is on
// flash too: it should have one line for a flood, not one for each connection.
func (t *Table) Connected(c Client) (says Notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	r := t.recordLocked(c, now)
	n := r.minute.add(now)
	says.Line = n <= floodLines
	if n == floodAt && (!r.flooded || now-r.floodLogged >= floodSilent) {
		if says.Client = t.floods.add(now) <= mostFloods; says.Client {
			r.floodLogged, r.flooded = now, true
		}
	}
	t.clients.put(c, r)
	if t.flood.add(now) == floodAtAll && (!t.flooded || now-t.floodTold >= floodSilent) {
		t.floodTold, t.flooded, says.All = now, true, true
	}
	return says
}
