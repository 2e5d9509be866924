package access

// A slab is a small map whose memory is exactly what its entries take: a Go map of which entries
// are often evicted grows to several times that. It is searched one by one, from the entry that was
// used last: a few microseconds for some hundred entries.
type slab[K comparable, V any] struct {
	entries []entry[K, V]
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// slabStep is by how many entries a slab grows.
const slabStep = 32

// find moves the entry of a key to the front, and reports whether it is there.
func (s *slab[K, V]) find(key K) bool {
	for i := range s.entries {
		if s.entries[i].key == key {
			s.entries[0], s.entries[i] = s.entries[i], s.entries[0]
			return true
		}
	}
	return false
}

func (s *slab[K, V]) get(key K) (value V, ok bool) {
	if !s.find(key) {
		return value, false
	}
	return s.entries[0].value, true
}

// of returns the value of a key; the zero value if it is not there.
func (s *slab[K, V]) of(key K) V {
	value, _ := s.get(key)
	return value
}

func (s *slab[K, V]) put(key K, value V) {
	if s.replace(key, value) {
		return
	}
	if len(s.entries) == cap(s.entries) {
		grown := make([]entry[K, V], len(s.entries), len(s.entries)+slabStep)
		copy(grown, s.entries)
		s.entries = grown
	}
	s.entries = append(s.entries, entry[K, V]{key, value})
	last := len(s.entries) - 1
	s.entries[0], s.entries[last] = s.entries[last], s.entries[0]
}

// replace stores a value under a key that is there: what was evicted stays so.
func (s *slab[K, V]) replace(key K, value V) bool {
	found := s.find(key)
	if found {
		s.entries[0].value = value
	}
	return found
}

func (s *slab[K, V]) remove(key K) {
	if s.find(key) {
		s.removeAt(0)
	}
}

func (s *slab[K, V]) removeAt(i int) {
	last := len(s.entries) - 1
	s.entries[i] = s.entries[last]
	s.entries[last] = entry[K, V]{}
	s.entries = s.entries[:last]
}

// evict removes the entry that goes first of those that may go. first reports whether the value a
// goes before b.
func (s *slab[K, V]) evict(may func(*V) bool, first func(a, b *V) bool) {
	victim := -1
	for i := range s.entries {
		if v := &s.entries[i].value; may(v) && (victim < 0 || first(v, &s.entries[victim].value)) {
			victim = i
		}
	}
	if victim >= 0 {
		s.removeAt(victim)
	}
}
