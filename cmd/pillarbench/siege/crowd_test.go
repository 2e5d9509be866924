package siege

import (
	"net/netip"
	"testing"
)

// TestAddresses checks that hostile clients never use the known client's address, and that
// addresses of their own are never used twice.
func TestAddresses(t *testing.T) {
	s := &Crowd{}
	seen := map[netip.Addr]bool{}
	for n := range 40000 {
		for _, of := range []int{0, 16} {
			addr := s.address(n+1, of).AddrPort().Addr().Unmap()
			if addr == netip.MustParseAddr("127.0.0.1") || !addr.IsLoopback() {
				t.Fatalf("%v is used", addr)
			}
			if of == 0 && seen[addr] {
				t.Fatalf("%v comes twice", addr)
			}
			seen[addr] = true
		}
	}
}
