package access

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
