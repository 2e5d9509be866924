package access

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
