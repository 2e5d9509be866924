package access

import (
	"slices"
	"time"
)

const (
	maxStrangers = 440
	maxKnown     = 192
	// knownPerAccount limits from how many clients an account is known, so that one account does
	// not take the room of the others. The one that was used least recently is removed.
	knownPerAccount = 12

	firstFailures = 5              // different wrong passwords of a client for one account
	forgiveAfter  = 24 * time.Hour // without an attempt; then the first failures begin again
)

// A pairKey names an account and a client, by keyed hashes. For an account and a /64 it is the
// client of that network.
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

// pairs are those that are remembered. The known ones survive a restart, see Table.Save.
type pairs struct {
	slab[pairKey, pair]
	keys keys

	known  int     // how many are known
	dirty  bool    // some of them are not in the file
	stored bool    // there is a file
	saved  instant // when it was written
}

// seconds returns an instant in seconds, and is never 0. Pairs that were read from the file have
// smaller numbers, see pairs.decode.
func seconds(now instant) uint32 { return uint32(now/time.Second) + maxKnown + 2 }

// touch returns a pair, as it is or a new one, which the caller puts back.
func (ps *pairs) touch(key pairKey, exists bool, now instant) pair {
	p, ok := ps.get(key)
	if !ok && len(ps.entries)-ps.known >= maxStrangers {
		ps.evict(func(p *pair) bool { return !p.known }, func(a, b *pair) bool {
			return before(a.exists, b.exists, a.seen, b.seen)
		})
	}
	if p.seen != 0 && seconds(now)-p.seen > uint32(forgiveAfter/time.Second) {
		p.wrong = 0
	}
	p.seen, p.exists = seconds(now), exists
	return p
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

// tried reports whether a password was tried for a pair just now, and was wrong. Refusing it again
// reveals nothing to the client, so it costs no token: a mail client that repeats a stale password
// has failed once.
func (ps *pairs) tried(key pairKey, begins uint32) bool {
	p, ok := ps.get(key)
	return ok && begins != 0 && slices.Contains(p.tried[:], begins)
}

// knows reports whether an account has logged in from c.
func (ps *pairs) knows(c Client) bool {
	if ps.known == 0 {
		return false
	}
	key := ps.keys.client(c)
	return slices.ContainsFunc(ps.entries, func(e entry[pairKey, pair]) bool {
		return e.value.known && e.key.client == key
	})
}

// makeKnown makes a pair known, which is not yet.
func (ps *pairs) makeKnown(key pairKey, p pair, now instant) {
	ps.makeRoom(key.account)
	p.known, p.bucket, p.wrong, p.refilled = true, 0, 0, seconds(now)
	ps.put(key, p)
	ps.known++
	ps.dirty = true
}

// makeRoom removes a known pair if there is no room for one more of an account.
func (ps *pairs) makeRoom(account uint64) {
	own := 0
	for _, e := range ps.entries {
		if e.value.known && e.key.account == account {
			own++
		}
	}
	if own < knownPerAccount && ps.known < maxKnown {
		return
	}
	victim := -1
	for i, e := range ps.entries {
		if e.value.known && (own < knownPerAccount || e.key.account == account) &&
			(victim < 0 || e.value.seen < ps.entries[victim].value.seen) {
			victim = i
		}
	}
	ps.removeAt(victim)
	ps.known--
}
