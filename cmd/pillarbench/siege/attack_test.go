package siege

import "testing"

// TestNetworks checks that attackers come from the right networks, and never from the address of
// a known client.
func TestNetworks(t *testing.T) {
	for n := range guessAddresses {
		if from := neighbour(n); !Network.Contains(from) || from == Address(n) {
			t.Errorf("neighbour %d is %v", n, from)
		}
	}
	seen := map[string]bool{}
	for n := range handshakeAddresses {
		from := stranger(n)
		if !Elsewhere.Contains(from) || Network.Contains(from) {
			t.Errorf("stranger %d is %v", n, from)
		}
		network, _ := from.Prefix(64)
		if seen[network.String()] {
			t.Errorf("two strangers are in %v", network)
		}
		seen[network.String()] = true
	}
}
