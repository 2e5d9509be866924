package access

import "container/list"

// The replies to a client that is not admitted.
const (
	RefusedFull   = "too many sessions, try again later"
	RefusedClient = "too many sessions from your address"
)

// A session is what is counted of a Session.
type session struct {
	client   Client
	open     *open
	end      func()
	element  *list.Element // in sessions; nil after its end was requested, or after it has left
	account  string        // "" before the login
	verifier []byte        // what the password of the account was verified by
}

// sessions are those that were admitted and have not left.
type sessions struct {
	list    list.List // of *session, the oldest first, without those whose end was requested
	total   int       // those that have not left, including those whose end was requested
	leaving int       // of these: those whose end was requested
	local   int       // of the others: those over a local socket
}

// room returns the session that has to make room for one more of c, nil if none has to.
func (ss *sessions) room(b Bounds, c Client, o *open) (victim *session, refusal string) {
	victim, refusal = ss.crowded(b, c, o)
	switch {
	case victim == nil:
		return nil, refusal
	case ss.leaving >= b.leaving(o.known):
		return nil, RefusedFull
	}
	return victim, ""
}

// crowded returns the session that is to make room, and the refusal if there is none.
func (ss *sessions) crowded(b Bounds, c Client, o *open) (victim *session, refusal string) {
	switch {
	case o.sessions >= b.sessionsOf(o):
		return ss.victim(func(s *session) bool { return s.open == o }), RefusedClient
	case o.network != nil && !o.known && o.network.sessions >= b.PerNetwork:
		return ss.victim(func(s *session) bool { return s.open.network == o.network && !s.open.known }), RefusedClient
	case c.Local() && ss.local >= b.Local:
		return ss.victim(func(s *session) bool { return s.client.Local() }), RefusedFull
	case ss.total-ss.leaving < b.Sessions:
		return nil, ""
	}
	victim = ss.victim(func(s *session) bool { return !s.open.known })
	if victim == nil && o.known { // an equal share for known clients
		victim = ss.victim(func(s *session) bool { return s.open.sessions > o.sessions+1 })
	}
	return victim, RefusedFull
}

// victim returns the session that makes room, of those that match and have not logged in: the
// oldest of the client with the most sessions; nil if there is none. The clients of an IPv6 /64
// count as one at first. It looks at each session.
func (ss *sessions) victim(match func(*session) bool) (victim *session) {
	count := func(o *open) int { return o.sessions }
	for e := ss.list.Front(); e != nil; e = e.Next() {
		s := e.Value.(*session)
		if s.account != "" || !match(s) {
			continue
		}
		if victim == nil || larger(s.open, victim.open, count) {
			victim = s
		}
	}
	return victim
}

// count adds n to what sessions are counted in.
func (ss *sessions) count(s *session, n int) {
	s.open.sessions += n
	if s.client.Local() {
		ss.local += n
	}
	if s.open.network != nil && !s.open.known {
		s.open.network.sessions += n
	}
}

// add counts a session in.
func (ss *sessions) add(s *session) {
	s.element = ss.list.PushBack(s)
	ss.total++
	ss.count(s, 1)
}

// request takes a session out of those that count. The caller calls its end afterwards.
func (ss *sessions) request(s *session) {
	ss.list.Remove(s.element)
	s.element = nil
	ss.count(s, -1)
	ss.leaving++
}

// remove counts out a session that has left.
func (ss *sessions) remove(s *session) {
	ss.total--
	if s.element == nil {
		ss.leaving--
		return
	}
	ss.list.Remove(s.element)
	s.element = nil
	ss.count(s, -1)
}

// crowding returns the oldest session of an account if it has more than it may, else nil: sessions
// that have logged in make room for no other account, so that one with a stolen password must not
// take all of them.
func (ss *sessions) crowding(b Bounds, account string) (oldest *session) {
	sessions := 0
	for e := ss.list.Front(); e != nil; e = e.Next() {
		if s := e.Value.(*session); s.account == account {
			if oldest == nil {
				oldest = s
			}
			sessions++
		}
	}
	if sessions <= b.PerAccount {
		return nil
	}
	return oldest
}

// revoke requests the end of the sessions whose logins do not hold, and returns them.
func (ss *sessions) revoke(holds func(*session) bool) (revoked []*session) {
	for e := ss.list.Front(); e != nil; {
		s := e.Value.(*session)
		e = e.Next()
		if s.account != "" && !holds(s) {
			ss.request(s)
			revoked = append(revoked, s)
		}
	}
	return revoked
}
