package access

import "time"

// wasteBudget is how many octets of unfinished mail that came to nothing a stranger may send in an
// hour: what the flash took before the client gave up, was cut off or was refused.
const wasteBudget = 100 << 20

var (
	wasteStranger = rate{wasteBudget, time.Hour / wasteBudget}
	wasteNetwork  = wasteStranger.times(networkTimes) // of all strangers of an IPv6 /64
	wasteKnown    = wasteStranger.times(8)
)

// Wasted counts octets of unfinished mail from c that came to nothing.
func (t *Table) Wasted(c Client, octets int64) {
	if octets <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	r := t.recordLocked(c, now)
	own := wasteStranger
	if r.known || t.isShared(c) {
		own = wasteKnown
	}
	r.wasted.take(own, now, octets)
	t.clients.put(c, r)
	if network, ok := t.networkOf(c); ok && !r.known {
		n := t.recordLocked(network, now)
		n.wasted.take(wasteNetwork, now, octets)
		t.clients.put(network, n)
	}
}

// Exhausted reports whether c has wasted as many octets as it may, and is to be refused at MAIL:
// 100 MiB an hour of a stranger, 400 MiB of all strangers of an IPv6 /64, 800 MiB of a known
// client or a shared address.
func (t *Table) Exhausted(c Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.knownLocked(c) || t.isShared(c) {
		return t.clients.of(c).wasted.wait(wasteKnown, now) > 0
	}
	if network, ok := t.networkOf(c); ok && t.clients.of(network).wasted.wait(wasteNetwork, now) > 0 {
		return true
	}
	return t.clients.of(c).wasted.wait(wasteStranger, now) > 0
}
