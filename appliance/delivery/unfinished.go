package delivery

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"pillarbox/appliance/access"
	"pillarbox/spool"
)

const (
	// clientShare and strangersShare are the parts of what is free in the spool, one in so many,
	// that the unfinished messages of one stranger and of all strangers may hold.
	strangersShare = 4
	clientShare    = 2 * strangersShare
	// budgetStep is how many octets of a message arrive between two looks at the budgets.
	budgetStep = 256 << 10
	// giveWayTime is how long a message waits for another one to give way: its session only has to
	// notice, unless the device of the spool hangs.
	giveWayTime = time.Second
)

// unfinished are the messages that are being received, from the beginning of a delivery to its end.
// They hold room in the spool, and a client can let them stand, so they have a budget: those of
// strangers together a quarter of what is free, those of one stranger half of that. A single
// message of the largest size always fits. Over the budget, and wherever a message finds no room,
// the oldest message of the stranger that holds most gives way, and its session ends. Known clients
// and sessions that are logged in have no budget and never give way to strangers; to one another
// they do, where nothing of a lower standing is left.
//
// There is at most one a session, 250 B each.
type unfinished struct {
	free func() int64 // octets that mail may still take
	most int64        // octets of the largest message

	mu   sync.Mutex
	open []*arrival // the oldest first
}

// An arrival is one message that is being received.
type arrival struct {
	client   access.Client
	standing standing
	cut      func() // makes its session end soon

	lost chan struct{} // closed when it has to give way
	over chan struct{} // closed when it holds no room any more

	// Guarded by unfinished.mu.
	octets int64 // so far
	whole  bool  // it has arrived and does not give way any more
}

// A standing is how well a client is known. A message gives way to those of its own standing and
// higher ones.
type standing uint8

const (
	stranger standing = iota
	known             // an account has logged in from there before
	loggedIn          // the session is, or it is the server itself that writes
)

// errGaveWay is returned for a message that had to give way.
var errGaveWay = fmt.Errorf("an unfinished message gave way to others: %w", spool.ErrFull)

// begin notes a message of which nothing has arrived. end must be called once it holds no room.
func (u *unfinished) begin(client access.Client, of standing, cut func()) *arrival {
	a := &arrival{client: client, standing: of, cut: cut, lost: make(chan struct{}), over: make(chan struct{})}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open = append(u.open, a)
	return a
}

// end removes a message and returns how many octets of it arrived. A second call does nothing.
func (u *unfinished) end(a *arrival) (octets int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.Index(u.open, a)
	if i < 0 {
		return 0
	}
	u.open = slices.Delete(u.open, i, i+1)
	close(a.over)
	return a.octets
}

// grow notes that n octets more of a message arrive, and makes others give way where that is over a
// budget, or while enough returns false. It returns errGaveWay when it is this message that has to.
func (u *unfinished) grow(a *arrival, n int, enough func() bool) error {
	u.mu.Lock()
	look := a.octets/budgetStep != (a.octets+int64(n))/budgetStep
	a.octets += int64(n)
	u.mu.Unlock()
	if !look {
		return a.gone()
	}
	for free := u.free(); a.standing == stranger; {
		victim := u.overBudget(a.client, free)
		if victim == nil {
			break
		}
		u.giveWay(victim)
	}
	if err := a.gone(); err != nil {
		return err
	}
	u.makeWay(a, enough)
	return a.gone()
}

// finish notes that a message has arrived whole: from now on it does not give way.
func (u *unfinished) finish(a *arrival) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	a.whole = true
	return a.gone()
}

// makeWay makes messages give way to a, until enough returns true or none is left that has to. It
// may be a itself that has to.
func (u *unfinished) makeWay(a *arrival, enough func() bool) {
	for a.gone() == nil && !enough() {
		victim := u.largest(a)
		if victim == nil {
			return
		}
		u.giveWay(victim)
		timer := time.NewTimer(giveWayTime)
		select {
		case <-victim.over:
		case <-a.lost: // two may be waiting for each other
		case <-timer.C:
		}
		timer.Stop()
	}
}

// giveWay makes the session of a message end, unless the message has arrived whole meanwhile.
func (u *unfinished) giveWay(victim *arrival) {
	u.mu.Lock()
	first := !victim.whole && victim.gone() == nil
	if first {
		close(victim.lost)
	}
	u.mu.Unlock()
	if first {
		victim.cut()
	}
}

// gone returns errGaveWay when the message has to give way.
func (a *arrival) gone() error {
	select {
	case <-a.lost:
		return errGaveWay
	default:
		return nil
	}
}

// overBudget returns the message that has to give way because a client or all strangers hold too
// much; nil if they do not. One message alone is never too much.
func (u *unfinished) overBudget(client access.Client, free int64) *arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	all, own := u.holdingLocked(stranger, nil), u.holdingLocked(stranger, &client)
	switch {
	case own.messages > 1 && own.octets > max(free/clientShare, u.most):
		return own.oldest
	case all.messages > 1 && all.octets > max(free/strangersShare, u.most):
		return u.largestLocked(stranger)
	}
	return nil
}

// largest returns the message that has to give way to a next: the oldest one of the client that
// holds most, of those with the lowest standing; nil if there is none but a.
func (u *unfinished) largest(a *arrival) *arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	for of := stranger; of <= a.standing; of++ {
		victim := u.largestLocked(of)
		if victim != nil && (victim != a || u.holdingLocked(of, nil).messages > 1) {
			return victim
		}
	}
	return nil
}

func (u *unfinished) largestLocked(of standing) *arrival {
	var most holding
	for _, a := range u.open {
		if h := u.holdingLocked(of, &a.client); h.octets > most.octets || most.oldest == nil {
			most = h
		}
	}
	return most.oldest
}

// A holding is what unfinished messages hold that can give way.
type holding struct {
	messages int
	octets   int64
	oldest   *arrival
}

// holdingLocked returns what the messages of a standing hold: those of one client, or of all where
// client is nil.
func (u *unfinished) holdingLocked(of standing, client *access.Client) (h holding) {
	for _, a := range u.open {
		if a.standing != of || a.whole || a.gone() != nil || client != nil && a.client != *client {
			continue
		}
		if h.oldest == nil {
			h.oldest = a
		}
		h.messages++
		h.octets += a.octets
	}
	return h
}

// octets returns how much unfinished messages hold: those that give way to one of a standing, and
// all.
func (u *unfinished) octets(to standing) (yielding, all int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, a := range u.open {
		all += a.octets
	}
	for of := stranger; of <= to; of++ {
		yielding += u.holdingLocked(of, nil).octets
	}
	return yielding, all
}
