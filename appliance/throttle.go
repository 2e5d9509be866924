package appliance

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	freeFailures = 5           // different wrong logins of a peer before it is slowed down
	slowPace     = time.Second // then so much between two attempts
	forgiveAfter = time.Hour   // a peer without a failure for so long starts anew
	maxPeers     = 384         // remembered: a map of 512 places, 76 KiB, has room for them and for who takes the place of one
)

// A throttle slows down who guesses passwords. It counts by peer, and each (user, password) once: a mail
// program that tries its stale password by three mechanisms every minute has failed once. A peer that has
// logged in is never slowed down again.
type throttle struct {
	mu    sync.Mutex
	peers map[peer]record // by value: one block of memory, not one piece here and one there
}

// tried are the beginnings of tags: that two of a peer's few begin alike is beyond chance, and harms nobody.
type tried [freeFailures][8]byte

// A record is what is known of a peer.
type record struct {
	known bool      // it has logged in
	open  int       // attempts that have no answer yet
	wrong int       // how many of tried there are
	tried tried     // the wrong pairs that were counted
	next  time.Time // when the next slow attempt has its answer; zero: there was none
	seen  time.Time // the last attempt
}

func newThrottle() *throttle { return &throttle{peers: map[peer]record{}} }

// enter returns when p may have its answer, or with the error of ctx. Attempts of one peer wait in line. leave is to be
// called when the answer is known: until then an attempt counts like a failure, or a guesser would make a hundred at once.
func (t *throttle) enter(ctx context.Context, p peer) (leave func(), err error) {
	leave = func() { t.leave(p) }
	delay := time.Until(t.turn(p))
	if delay <= 0 {
		return leave, nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return leave, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// turn gives an attempt its place in the line of its peer.
func (t *throttle) turn(p peer) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	r := t.record(p, now)
	defer func() { t.peers[p] = r }()
	slow := !r.known && r.wrong+r.open >= freeFailures
	r.open++
	if !slow {
		return now
	}
	at := r.next
	switch {
	case at.IsZero(): // the first one that is slow
		at = now.Add(slowPace)
	case at.Before(now):
		at = now
	}
	r.next = at.Add(slowPace)
	return at
}

func (t *throttle) leave(p peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.peers[p]; r.open > 0 {
		r.open--
		t.peers[p] = r
	}
}

// failed counts a wrong pair.
func (t *throttle) failed(p peer, pair tag) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.record(p, time.Now())
	begins := [8]byte(pair[:8])
	if r.wrong == freeFailures || slices.Contains(r.tried[:r.wrong], begins) {
		return
	}
	r.tried[r.wrong] = begins
	r.wrong++
	t.peers[p] = r
}

// succeeded notes that p has logged in.
func (t *throttle) succeeded(p peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.record(p, time.Now())
	r.known, r.wrong = true, 0
	t.peers[p] = r
}

// knows says whether p has logged in.
func (t *throttle) knows(p peer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peers[p].known
}

// record returns the record of a peer, for which there is room then. mu is held.
func (t *throttle) record(p peer, now time.Time) record {
	r, ok := t.peers[p]
	if !ok && len(t.peers) >= maxPeers {
		t.forget()
	}
	if now.Sub(r.seen) > forgiveAfter {
		r.wrong, r.next = 0, time.Time{}
	}
	r.seen = now
	return r
}

// forget drops the peer that was not seen for longest; strangers before those that have logged in. mu is held.
func (t *throttle) forget() {
	victim, of, found := peer{}, record{}, false
	for p, r := range t.peers {
		if !found || r.known != of.known && of.known || r.known == of.known && r.seen.Before(of.seen) {
			victim, of, found = p, r, true
		}
	}
	delete(t.peers, victim)
}
