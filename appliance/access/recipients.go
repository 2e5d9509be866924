package access

import "time"

// How many unknown recipients a client may name. A harvest of 300 names by a stranger takes nine
// minutes; a client that names a few addresses which are gone does not notice.
var (
	recipientsStranger = rate{20, 2 * time.Second}
	recipientsKnown    = rate{200, time.Second} // also of a local user, which may be a mail server
	recipientsShared   = recipientsKnown.times(networkTimes)
)

// recipientRates returns the rate of a client and of its network. A known client is not limited by
// its network.
func (rs *records) recipientRates(c Client, r record) (own, wide rate) {
	if rs.isShared(c) {
		return recipientsShared, rate{}
	}
	if r.known || c.Local() {
		return recipientsKnown, rate{}
	}
	return recipientsStranger, recipientsStranger.times(networkTimes)
}

// takeRecipient takes the tokens for one recipient and returns 0, or takes none and returns how
// long it takes until there may be some.
func (rs *records) takeRecipient(c Client, now instant) time.Duration {
	r := rs.touch(c, now)
	own, wide := rs.recipientRates(c, r)
	wait := r.recipients.wait(own, now)
	network, counts := c.Network()
	counts = counts && wide.burst > 0
	if counts {
		wait = max(wait, rs.of(network).recipients.wait(wide, now))
	}
	if wait > 0 {
		return wait
	}
	r.recipients.take(own, now, 1)
	rs.put(c, r)
	if counts {
		n := rs.touch(network, now)
		n.recipients.take(wide, now, 1)
		rs.put(network, n)
	}
	return 0
}

// returnRecipient returns what takeRecipient took.
func (rs *records) returnRecipient(c Client) {
	r, ok := rs.get(c)
	if !ok {
		return
	}
	own, wide := rs.recipientRates(c, r)
	r.recipients.put(own, 1)
	rs.put(c, r)
	if network, counts := c.Network(); counts && wide.burst > 0 {
		if n, ok := rs.get(network); ok {
			n.recipients.put(wide, 1)
			rs.put(network, n)
		}
	}
}
