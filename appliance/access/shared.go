package access

import (
	"net/netip"
	"slices"
)

// Share sets the addresses that each stand for many clients: those from which the engine of a
// container forwards what comes from the network. It is called before the first session.
//
// A shared address has the limits of a network instead of those of one client, so that one device
// does not use up those of all others. What limits it then is mostly counted by account: guesses at
// one account delay only the logins to that account.
func (t *Table) Share(addrs []netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shared = nil
	for _, addr := range addrs {
		t.shared = append(t.shared, ClientAt(addr))
	}
}

// Shared reports whether a client stands for many.
func (t *Table) Shared(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isShared(c)
}

// isShared reports whether c stands for many clients.
func (t *Table) isShared(c Client) bool { return slices.Contains(t.shared, c) }

// networkOf returns the /64 of an IPv6 client, in which it is counted, too. A shared address is
// counted by itself.
func (t *Table) networkOf(c Client) (network Client, ok bool) {
	if t.isShared(c) {
		return Client{}, false
	}
	return c.Network()
}

// mostWaiting returns how many attempts of one client may wait.
func (o *open) mostWaiting() int {
	if o.shared {
		return networkTimes * mostWaiting
	}
	return mostWaiting
}
