package access

import "testing"

// A slab does what a map does, in no more memory than its entries take.
func TestSlab(t *testing.T) {
	var s slab[int, int]
	want := map[int]int{}
	for n := range 10_000 {
		key := n * 7919 % 500
		if n%3 == 2 {
			s.remove(key)
			delete(want, key)
		} else {
			s.put(key, n)
			want[key] = n
		}
		if s.replace(key+1000, n) {
			t.Fatal("a key that is not there was replaced")
		}
	}
	if len(s.entries) != len(want) || cap(s.entries) > 500+slabStep {
		t.Errorf("%d entries in room for %d, want %d", len(s.entries), cap(s.entries), len(want))
	}
	for key, value := range want {
		if got, ok := s.get(key); !ok || got != value {
			t.Errorf("%d is %d, %v; want %d", key, got, ok, value)
		}
	}
	least := 0
	for key, value := range want {
		if value%2 == 0 && (least == 0 || value < want[least]) {
			least = key
		}
	}
	s.evict(func(v *int) bool { return *v%2 == 0 }, func(a, b *int) bool { return *a < *b })
	if _, ok := s.get(least); ok || len(s.entries) != len(want)-1 {
		t.Errorf("the least even value was not evicted")
	}
	s.evict(func(*int) bool { return false }, func(a, b *int) bool { return *a < *b })
	if len(s.entries) != len(want)-1 {
		t.Error("an entry was evicted that may not go")
	}
}
