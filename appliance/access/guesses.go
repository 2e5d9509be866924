package access

import (
	"slices"
	"time"
)

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
	firstFailures = 5              // different wrong passwords of a client for one account
	forgiveAfter  = 24 * time.Hour // without an attempt; then the first failures begin again
	// A right password from a known client returns the token that it took, and this part of the
	// bucket at most once an hour: all of it would let another user of the address guess without
	// end.
	refill      = 12
	refillEvery = time.Hour

	alarmAt    = 20        // failures in a row of a pair that are logged
	alarmAgain = time.Hour // not again for so long
	mostAlarms = 5         // warnings in a minute about all pairs together
)

// A pairKey names an account and a client, by keyed hashes, so that what is written to a file does
// not name them. For an account and a /64 it is the client of that network.
type pairKey struct{ account, client uint64 }

// A pair is what is remembered of an account and a client that has tried to log in to it. 48
// octets.
type pair struct {
	bucket   bucket
	seen     uint32 // seconds of the table's time
	refilled uint32 // when the bucket was refilled by a right password; 0: never
	alarmed  uint32 // when failures in a row were logged; 0: never
	// tried are the beginnings of tags of the last wrong passwords. Two passwords share one with a
	// probability of 2^-31.
	tried [firstFailures]uint32
	wrong uint16 // failures, and attempts that are not judged yet
	row   uint16 // failures in a row
	next  uint8  // where in tried the next one goes
	known bool   // the account was logged in to from the client

	exists bool // the account does; pairs of names that have none are evicted first
}

// An account is what is remembered of logins to an account, or to a name that has none, from
// clients that it is not known from. 24 octets.
type account struct {
	first, further bucket
	seen           uint32
	exists         bool // then it is not evicted
}

// A network is the same of an account and an IPv6 /64. 24 octets.
type network struct {
	first, further bucket
	seen           uint32
	exists         bool // the account does; networks of names that have none are evicted first
}

// A guess is an attempt to log in, and what it took.
type guess struct {
	client  Client
	key     pairKey
	network pairKey // with wide
	wide    bool    // the client has an IPv6 address
	exists  bool    // there is an account of that name

	known, first bool // which buckets its tokens came from
}

// seconds returns an instant in seconds, and is never 0. Pairs that were read from the file have
// smaller numbers, see Table.Open.
func seconds(now instant) uint32 { return uint32(now/time.Second) + maxKnown + 2 }

// more counts up to the most that fits.
func more(n uint16) uint16 { return max(n, n+1) }

// admitLocked takes the tokens for an attempt and returns 0, or takes none and returns how long it
// takes until there may be some.
func (t *Table) admitLocked(g *guess, now instant) time.Duration {
	p := t.pairLocked(g.key, g.exists, now)
	if g.known = p.known; p.known {
		if wait := p.bucket.wait(guessesKnown, now); wait > 0 {
			return wait
		}
		p.bucket.take(guessesKnown, now, 1)
		p.wrong = more(p.wrong)
		t.pairs.put(g.key, p)
		return 0
	}
	r, a := t.recordLocked(g.client, now), t.accountLocked(g.key.account, g.exists, now)
	all := t.guessesOf(g.client, r)
	var n network
	if g.wide {
		n = t.networkLocked(g.network, g.exists, now)
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
	t.clients.put(g.client, r)
	t.pairs.put(g.key, p)
	t.accounts.put(g.key.account, a)
	if g.wide {
		t.networks.put(g.network, n)
	}
	return 0
}

// guessesOf returns how often a client may try to log in to accounts that it is not known for.
func (t *Table) guessesOf(c Client, r record) rate {
	switch {
	case t.isShared(c):
		return guessesShared
	case r.known:
		return guessesKnownClient
	}
	return guessesClient
}

// refundLocked returns the tokens of an attempt that was not checked, was right, or repeated a
// password that is known to be wrong.
func (t *Table) refundLocked(g guess) {
	p, ok := t.pairs.get(g.key)
	if !ok {
		return // evicted
	}
	p.wrong -= min(p.wrong, 1)
	r := t.clients.of(g.client)
	a, n := t.accounts.of(g.key.account), t.networks.of(g.network)
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
	t.pairs.put(g.key, p)
	if g.known {
		return
	}
	r.guesses.put(t.guessesOf(g.client, r), 1)
	t.clients.replace(g.client, r)
	t.accounts.replace(g.key.account, a)
	t.networks.replace(g.network, n)
}

// triedLocked reports whether a password was tried for a pair just now, and was wrong. Refusing it
// again reveals nothing to the client, so it costs no token: a mail client that repeats a stale
// password has failed once.
func (t *Table) triedLocked(key pairKey, begins uint32) bool {
	p, ok := t.pairs.get(key)
	return ok && begins != 0 && slices.Contains(p.tried[:], begins)
}

// failedLocked notes that an attempt was judged wrong. begins is what triedLocked compares; 0 if
// the same attempt cannot be recognized. It reports whether that makes an alarm, and of how many
// failures.
func (t *Table) failedLocked(g guess, begins uint32, now instant) (alarm bool, row int) {
	if t.triedLocked(g.key, begins) { // by another session at the same time
		t.refundLocked(g)
		return false, 0
	}
	p := t.pairLocked(g.key, g.exists, now)
	if begins != 0 {
		p.tried[p.next] = begins
		p.next = (p.next + 1) % firstFailures
	}
	p.row = more(p.row)
	if g.exists && p.row >= alarmAt && (p.alarmed == 0 || seconds(now)-p.alarmed >= uint32(alarmAgain/time.Second)) {
		if alarm = t.alarms.add(now) <= mostAlarms; alarm {
			p.alarmed = seconds(now)
		}
	}
	t.pairs.put(g.key, p)
	return alarm, int(p.row)
}

// succeededLocked notes that an attempt was right: from now on the client is known, and so is the
// pair.
func (t *Table) succeededLocked(g guess, now instant) {
	t.refundLocked(g)
	p := t.pairLocked(g.key, g.exists, now)
	if p.row = 0; !p.known {
		t.becomeKnownLocked(g, p, now)
		return
	}
	if p.refilled == 0 || seconds(now)-p.refilled >= uint32(refillEvery/time.Second) {
		p.refilled = seconds(now)
		p.bucket.put(guessesKnown, refill)
	}
	t.pairs.put(g.key, p)
}

// pairLocked returns a pair, as it is or a new one, which the caller puts into t.pairs.
func (t *Table) pairLocked(key pairKey, exists bool, now instant) pair {
	p, ok := t.pairs.get(key)
	if !ok && len(t.pairs.entries)-t.knownPairs >= maxStrangers {
		t.pairs.evict(func(p *pair) bool { return !p.known }, func(a, b *pair) bool {
			return before(a.exists, b.exists, a.seen, b.seen)
		})
	}
	if p.seen != 0 && seconds(now)-p.seen > uint32(forgiveAfter/time.Second) {
		p.wrong = 0
	}
	p.seen, p.exists = seconds(now), exists
	return p
}

func (t *Table) accountLocked(key uint64, exists bool, now instant) account {
	a, ok := t.accounts.get(key)
	if !ok && len(t.accounts.entries) >= maxAccounts {
		t.accounts.evict(func(a *account) bool { return !a.exists }, func(a, b *account) bool { return a.seen < b.seen })
	}
	a.seen, a.exists = seconds(now), exists
	return a
}

func (t *Table) networkLocked(key pairKey, exists bool, now instant) network {
	n, ok := t.networks.get(key)
	if !ok && len(t.networks.entries) >= maxNetworks {
		t.networks.evict(func(*network) bool { return true }, func(a, b *network) bool {
			return before(a.exists, b.exists, a.seen, b.seen)
		})
	}
	n.seen, n.exists = seconds(now), exists
	return n
}

// before reports whether a is evicted before b: what is about a name without an account first, so
// that guesses at such names, of which anyone can make any number, do not give back the tokens that
// were taken of an account; then what was seen longest ago.
func before(aExists, bExists bool, aSeen, bSeen uint32) bool {
	if aExists != bExists {
		return bExists
	}
	return aSeen < bSeen
}
