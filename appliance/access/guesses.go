package access

import "time"

// The limits of logins. Each is a token bucket, and an attempt takes a token of each that concerns
// it before the password is checked. doc.go has the arithmetic.
var (
	// guessesKnown is for an account and a client from which it was logged in to: no other client
	// can empty that bucket.
	guessesKnown = rate{60, 30 * time.Second}

	// guessesFirst is for an account: the first failures of every client that it has not been
	// logged in to from. So a new client of the owner does not have to compete with clients that
	// have guessed already.
	guessesFirst = rate{1500, time.Minute}
	// guessesFurther is for an account: the further failures of all those clients together.
	guessesFurther = rate{30, 40 * time.Second}
	// guessesPair is for an account and one of those clients, after its first failures.
	guessesPair = rate{1, 10 * time.Second}

	// The same as the two above for all strangers of an IPv6 /64 together.
	guessesNetworkFirst   = rate{1000, 90 * time.Second}
	guessesNetworkFurther = rate{20, time.Minute}

	// guessesClient is for a client over all accounts that it is not known for: it limits what
	// guesses at many names cost.
	guessesClient      = rate{20, 2 * time.Second}
	guessesKnownClient = rate{60, time.Second} // of a known client: its address may be shared
	guessesShared      = guessesKnownClient.times(networkTimes)
)

const (
	// A right password from a known client returns the token that it took, and this part of the
	// bucket at most once an hour: all of it would let another user of the address guess without
	// end.
	refill      = 12
	refillEvery = time.Hour

	alarmAt    = 20        // failures in a row of a pair that are logged
	alarmAgain = time.Hour // not again for so long
	mostAlarms = 5         // warnings in a minute about all pairs together
)

// A guess is an attempt to log in, and what it took.
type guess struct {
	client  Client
	key     pairKey
	network pairKey // with wide
	wide    bool    // the client has an IPv6 address
	exists  bool    // there is an account of that name

	known, first bool // which buckets its tokens came from
}

// guesses apply the limits.
type guesses struct {
	clients  *records
	pairs    *pairs
	accounts slab[uint64, failures]  // of all strangers, by account
	networks slab[pairKey, failures] // of those of a /64, by account and /64
	alarms   window                  // warnings about guesses
}

// admit takes the tokens for an attempt and returns 0, or takes none and returns how long it takes
// until there may be some.
func (gs *guesses) admit(g *guess, now instant) time.Duration {
	p := gs.pairs.touch(g.key, g.exists, now)
	if g.known = p.known; p.known {
		if wait := p.bucket.wait(guessesKnown, now); wait > 0 {
			return wait
		}
		p.bucket.take(guessesKnown, now, 1)
		p.wrong = more(p.wrong)
		gs.pairs.put(g.key, p)
		return 0
	}
	r, a := gs.clients.touch(g.client, now), touchAccount(&gs.accounts, g.key.account, g.exists, now)
	all := gs.rateOf(g.client, r)
	var n failures
	if g.wide {
		n = touchNetwork(&gs.networks, g.network, g.exists, now)
	}
	wait := r.guesses.wait(all, now)
	if g.first = p.wrong < firstFailures; g.first {
		wait = max(wait, a.first.wait(guessesFirst, now), n.first.wait(guessesNetworkFirst, now))
	} else {
		wait = max(wait, p.bucket.wait(guessesPair, now), a.further.wait(guessesFurther, now), n.further.wait(guessesNetworkFurther, now))
	}
	if wait > 0 {
		return wait
	}
	r.guesses.take(all, now, 1)
	if g.first {
		a.first.take(guessesFirst, now, 1)
		n.first.take(guessesNetworkFirst, now, 1)
	} else {
		p.bucket.take(guessesPair, now, 1)
		a.further.take(guessesFurther, now, 1)
		n.further.take(guessesNetworkFurther, now, 1)
	}
	p.wrong = more(p.wrong)
	gs.clients.put(g.client, r)
	gs.pairs.put(g.key, p)
	gs.accounts.put(g.key.account, a)
	if g.wide {
		gs.networks.put(g.network, n)
	}
	return 0
}

// rateOf returns how often a client may try to log in to accounts that it is not known for.
func (gs *guesses) rateOf(c Client, r record) rate {
	switch {
	case gs.clients.isShared(c):
		return guessesShared
	case r.known:
		return guessesKnownClient
	}
	return guessesClient
}

// refund returns the tokens of an attempt that was not checked, was right, or repeated a password
// that is known to be wrong.
func (gs *guesses) refund(g guess) {
	p, ok := gs.pairs.get(g.key)
	if !ok {
		return // evicted
	}
	p.wrong -= min(p.wrong, 1)
	r := gs.clients.of(g.client)
	a, n := gs.accounts.of(g.key.account), gs.networks.of(g.network)
	switch {
	case g.known:
		p.bucket.put(guessesKnown, 1)
	case g.first:
		a.first.put(guessesFirst, 1)
		n.first.put(guessesNetworkFirst, 1)
	default:
		p.bucket.put(guessesPair, 1)
		a.further.put(guessesFurther, 1)
		n.further.put(guessesNetworkFurther, 1)
	}
	gs.pairs.put(g.key, p)
	if g.known {
		return
	}
	r.guesses.put(gs.rateOf(g.client, r), 1)
	gs.clients.replace(g.client, r)
	gs.accounts.replace(g.key.account, a)
	gs.networks.replace(g.network, n)
}

// failed notes that an attempt was judged wrong. begins is what pairs.tried compares; 0 if the same
// attempt cannot be recognized. It reports whether that makes an alarm, and of how many failures.
func (gs *guesses) failed(g guess, begins uint32, now instant) (alarm bool, row int) {
	if gs.pairs.tried(g.key, begins) { // by another session at the same time
		gs.refund(g)
		return false, 0
	}
	p := gs.pairs.touch(g.key, g.exists, now)
	if begins != 0 {
		p.tried[p.next] = begins
		p.next = (p.next + 1) % firstFailures
	}
	p.row = more(p.row)
	if g.exists && p.row >= alarmAt && (p.alarmed == 0 || seconds(now)-p.alarmed >= uint32(alarmAgain/time.Second)) {
		if alarm = gs.alarms.add(now) <= mostAlarms; alarm {
			p.alarmed = seconds(now)
		}
	}
	gs.pairs.put(g.key, p)
	return alarm, int(p.row)
}

// succeeded notes that an attempt was right: from now on the client is known, and so is the pair.
func (gs *guesses) succeeded(g guess, now instant) {
	gs.refund(g)
	p := gs.pairs.touch(g.key, g.exists, now)
	if p.row = 0; !p.known {
		gs.pairs.makeKnown(g.key, p, now)
		gs.clients.becomeKnown(g.client, now)
		return
	}
	if p.refilled == 0 || seconds(now)-p.refilled >= uint32(refillEvery/time.Second) {
		p.refilled = seconds(now)
		p.bucket.put(guessesKnown, refill)
	}
	gs.pairs.put(g.key, p)
}

const (
	maxAccounts = 96
	maxNetworks = 96
)

// A failures is what is remembered of logins to an account, or to a name that has none, from
// clients that it is not known from. 24 octets.
//
// There is one for all strangers, and one for those of each IPv6 /64.
type failures struct {
	first, further bucket
	seen           uint32
	exists         bool // the account does
}

// touchAccount returns the failures of all strangers at an account, as they are or new ones, which
// the caller puts back. Those of an account that exists are not evicted.
func touchAccount(s *slab[uint64, failures], key uint64, exists bool, now instant) failures {
	f, ok := s.get(key)
	if !ok && len(s.entries) >= maxAccounts {
		s.evict(func(f *failures) bool { return !f.exists }, func(a, b *failures) bool { return a.seen < b.seen })
	}
	f.seen, f.exists = seconds(now), exists
	return f
}

// touchNetwork returns the failures of a /64, likewise. Those of a name that has no account are
// evicted first.
func touchNetwork(s *slab[pairKey, failures], key pairKey, exists bool, now instant) failures {
	f, ok := s.get(key)
	if !ok && len(s.entries) >= maxNetworks {
		s.evict(func(*failures) bool { return true }, func(a, b *failures) bool {
			return before(a.exists, b.exists, a.seen, b.seen)
		})
	}
	f.seen, f.exists = seconds(now), exists
	return f
}
