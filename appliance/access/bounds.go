package access

// Bounds are how many sessions and handshakes there may be at a time.
type Bounds struct {
	Sessions            int // in all
	PerClient           int // sessions of a stranger or a local user
	PerKnown            int // sessions of a known client, whose address several people may use
	PerShared           int // sessions of an address that stands for many clients
	PerAccount          int // sessions that have logged in to one account, from wherever
	PerNetwork          int // sessions of the strangers of one IPv6 /64
	Local               int // sessions over local sockets: the rest is kept for the network
	Handshakes          int // TLS handshakes that are not finished
	HandshakesPerClient int
	HandshakesPerKnown  int
	HandshakesPerShared int
}

const (
	usualSessions       = 256
	mostPerClient       = 32
	mostHandshakes      = 64
	handshakesPerClient = 16
)

// BoundsFor returns the bounds of a server that has memory and descriptors for that many sessions.
func BoundsFor(sessions int) Bounds {
	perClient := min(mostPerClient, sessions/2)
	handshakes := min(mostHandshakes, sessions/2)
	return Bounds{
		Sessions:            sessions,
		PerClient:           perClient,
		PerKnown:            max(perClient, sessions/2),
		PerShared:           max(perClient, sessions-sessions/4),
		PerAccount:          max(perClient, sessions/2),
		PerNetwork:          min(networkTimes*perClient, sessions/2),
		Local:               sessions - sessions/4,
		Handshakes:          handshakes,
		HandshakesPerClient: min(handshakesPerClient, max(handshakes/2, 1)),
		HandshakesPerKnown:  max(handshakes/2, 1),
		HandshakesPerShared: max(handshakes-handshakes/4, 1),
	}
}

// sessionsOf returns how many sessions a client may have.
func (b Bounds) sessionsOf(o *open) int {
	switch {
	case o.shared:
		return b.PerShared
	case o.known:
		return b.PerKnown
	}
	return b.PerClient
}

// handshakesOf returns how many unfinished handshakes a client may have.
func (b Bounds) handshakesOf(o *open) int {
	switch {
	case o.shared:
		return b.HandshakesPerShared
	case o.known:
		return b.HandshakesPerKnown
	}
	return b.HandshakesPerClient
}

// leaving returns how many sessions may be ending, in addition to those that are counted in
// Sessions: it bounds what a flood makes that comes faster than sessions end. A known client has
// twice as many, so that strangers do not use them up.
func (b Bounds) leaving(known bool) int {
	if known {
		return max(b.Sessions/4, 8)
	}
	return max(b.Sessions/8, 4)
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

// networkTimes is how many times the limit of one client a /64 has.
const networkTimes = 4

// mostWaiting is how many attempts of one client may wait.
const mostWaiting = 8

// mayWait reports whether one more attempt may wait.
func (o *open) mayWait() bool {
	most := mostWaiting
	if o.shared {
		most = networkTimes * mostWaiting
	}
	return o.waiting < most && (o.network == nil || o.network.waiting < networkTimes*mostWaiting || o.known)
}

// wait adds n to the attempts that wait.
func (o *open) wait(n int) {
	o.waiting += n
	if o.network != nil {
		o.network.waiting += n
	}
}

// becomeKnown takes the sessions and handshakes of a client that has logged in out of those of the
// strangers of its network.
func (o *open) becomeKnown() {
	if o.known {
		return
	}
	o.known = true
	if o.network != nil {
		o.network.sessions -= o.sessions
		o.network.handshakes -= o.handshakes
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

// larger reports whether a has more of something than b: its /64, or if that has the same, itself.
func larger(a, b *open, count func(*open) int) bool {
	if x, y := a.crowd(count), b.crowd(count); x != y {
		return x > y
	}
	return count(a) > count(b)
}
