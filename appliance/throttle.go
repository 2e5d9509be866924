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
	maxPeers     = 512         // remembered; about 200 B each
)

// A throttle slows down who guesses passwords. It counts by peer, and each (user, password) once: a mail
// program that tries its stale password by three mechanisms every minute has failed once. A peer that has
// logged in is never slowed down again.
type throttle struct {
	mu    sync.Mutex
	peers map[peer]*record
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

func newThrottle() *throttle { return &throttle{peers: map[peer]*record{}} }

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
	if r := t.peers[p]; r != nil && r.open > 0 {
		r.open--
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
}

// succeeded notes that p has logged in.
func (t *throttle) succeeded(p peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.record(p, time.Now())
	r.known, r.wrong = true, 0
}

// knows says whether p has logged in.
func (t *throttle) knows(p peer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.peers[p]
	return r != nil && r.known
}

// record finds or makes the record of a peer. mu is held.
func (t *throttle) record(p peer, now time.Time) *record {
	r := t.peers[p]
	if r == nil {
		if len(t.peers) >= maxPeers {
			t.forget()
		}
		r = &record{}
		t.peers[p] = r
	}
	if now.Sub(r.seen) > forgiveAfter {
		r.wrong, r.next = 0, time.Time{}
	}
	r.seen = now
	return r
}

// forget drops the peer that was not seen for longest; strangers before those that have logged in. mu is held.
func (t *throttle) forget() {
	var victim peer
	var of *record
	for p, r := range t.peers {
		if of == nil || r.known != of.known && of.known || r.known == of.known && r.seen.Before(of.seen) {
			victim, of = p, r
		}
	}
	delete(t.peers, victim)
}
