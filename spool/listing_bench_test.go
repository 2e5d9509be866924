package spool

import (
	"context"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// BenchmarkListing makes what LIST and UIDL say of 100,000 messages, of which none, or nine of ten,
// were expunged.
func BenchmarkListing(b *testing.B) {
	dev := flashtest.New(flashtest.Options{Capacity: 8 << 30})
	s, err := Open(context.Background(), Options{Volume: dev, Capacity: 4 << 30, MailboxShare: 100})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, s, 8*100_000, 100)
	must(b, expungeAll(s, 2, func(n int) bool { return n%10 == 0 }))
	for name, key := range map[string]Key{"all": 1, "one of ten": 2} {
		b.Run(name, func(b *testing.B) {
			line := make([]byte, 0, 64)
			for b.Loop() {
				v, err := s.View(key)
				must(b, err)
				for n := 1; n <= v.Len(); n++ {
					_ = v.Octets(n)
				}
				for n := 1; n <= v.Len(); n++ {
					line = v.AppendUID(line[:0], n)
				}
				must(b, v.Close())
			}
		})
	}
}
