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

// waste counts octets that came to nothing.
func (rs *records) waste(c Client, octets int64, now instant) {
	r := rs.touch(c, now)
	own := wasteStranger
	if r.known || rs.isShared(c) {
		own = wasteKnown
	}
	r.wasted.take(own, now, octets)
	rs.put(c, r)
	if network, ok := rs.networkOf(c); ok && !r.known {
		n := rs.touch(network, now)
		n.wasted.take(wasteNetwork, now, octets)
		rs.put(network, n)
	}
}

// exhausted reports whether c has wasted as many octets as it may.
func (rs *records) exhausted(c Client, now instant) bool {
	if rs.known(c) || rs.isShared(c) {
		return rs.of(c).wasted.wait(wasteKnown, now) > 0
	}
	if network, ok := rs.networkOf(c); ok && rs.of(network).wasted.wait(wasteNetwork, now) > 0 {
		return true
	}
	return rs.of(c).wasted.wait(wasteStranger, now) > 0
}
