package access

import "container/list"

// A Session is one admitted connection, between Enter and Leave.
type Session struct {
	table  *Table
	client Client
	number uint64
	open   *open
	end    func()

	// Guarded by Table.mu.
	element  *list.Element // in Table.sessions; nil after its end was requested, or after Leave
	account  string        // "" before the login
	verifier string        // what the password of the account was verified by
}

// The replies to a client that is not admitted.
const (
	RefusedFull   = "too many sessions, try again later"
	RefusedClient = "too many sessions from your address"
)

// Enter admits a session. If refusal is "", the session may begin, and Leave must be called once
// when it has ended; otherwise refusal is the text for the client. end is called, at most once and
// from any goroutine, when the session has to make room for another or its login is revoked; it
// must not wait for the session.
//
// A session makes room only before its login. It is the oldest one of the same client if that has
// as many as it may, otherwise of the stranger with the most. A known client finds room as long as
// any stranger has a session.
func (t *Table) Enter(c Client, end func()) (s *Session, refusal string) {
	t.mu.Lock()
	now := t.now()
	o := t.holdLocked(c, now)
	victim, refusal := t.roomLocked(c, o)
	if refusal == "" && victim != nil && t.leaving >= t.bounds.leaving(o.known) {
		victim, refusal = nil, RefusedFull
	}
	if refusal != "" {
		t.releaseLocked(c)
		t.mu.Unlock()
		return nil, refusal
	}
	if victim != nil {
		t.endLocked(victim)
	}
	t.number++
	s = &Session{table: t, client: c, number: t.number, open: o, end: end}
	s.element = t.sessions.PushBack(s)
	t.total++
	t.countLocked(s, 1)
	t.mu.Unlock()
	if victim != nil {
		victim.end()
	}
	return s, ""
}

// roomLocked returns the session that has to make room for one more of c, nil if none has to.
func (t *Table) roomLocked(c Client, o *open) (victim *Session, refusal string) {
	b := t.bounds
	switch {
	case o.sessions >= b.sessionsOf(o):
		victim, refusal = t.victimLocked(func(s *Session) bool { return s.open == o }), RefusedClient
	case o.network != nil && !o.known && o.network.sessions >= b.PerNetwork:
		victim = t.victimLocked(func(s *Session) bool { return s.open.network == o.network && !s.open.known })
		refusal = RefusedClient
	case c.Local() && t.local >= b.Local:
		victim, refusal = t.victimLocked(func(s *Session) bool { return s.client.Local() }), RefusedFull
	case t.total-t.leaving < b.Sessions:
		return nil, ""
	default:
		victim = t.victimLocked(func(s *Session) bool { return !s.open.known })
		if victim == nil && o.known { // an equal share for known clients
			victim = t.victimLocked(func(s *Session) bool { return s.open.sessions > o.sessions+1 })
		}
		refusal = RefusedFull
	}
	if victim != nil {
		return victim, ""
	}
	return nil, refusal
}

// victimLocked returns the session that makes room, of those that match and have not logged in: the
// oldest of the client with the most sessions; nil if there is none. The clients of an IPv6 /64
// count as one at first. It looks at each session.
func (t *Table) victimLocked(match func(*Session) bool) (victim *Session) {
	count := func(o *open) int { return o.sessions }
	for e := t.sessions.Front(); e != nil; e = e.Next() {
		s := e.Value.(*Session)
		if s.account != "" || !match(s) {
			continue
		}
		if victim == nil || larger(s.open, victim.open, count) {
			victim = s
		}
	}
	return victim
}

// larger reports whether a has more of something than b: its /64, or if that has the same, itself.
func larger(a, b *open, count func(*open) int) bool {
	if x, y := a.crowd(count), b.crowd(count); x != y {
		return x > y
	}
	return count(a) > count(b)
}

// countLocked adds n to what sessions are counted in.
func (t *Table) countLocked(s *Session, n int) {
	s.open.sessions += n
	if s.client.Local() {
		t.local += n
	}
	if s.open.network != nil && !s.open.known {
		s.open.network.sessions += n
	}
}

// endLocked takes a session out of those that count. The caller calls its end afterwards.
func (t *Table) endLocked(s *Session) {
	t.sessions.Remove(s.element)
	s.element = nil
	t.countLocked(s, -1)
	t.leaving++
}

// Leave counts a session out.
func (s *Session) Leave() {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total--
	if s.element == nil {
		t.leaving--
	} else {
		t.sessions.Remove(s.element)
		s.element = nil
		t.countLocked(s, -1)
	}
	t.releaseLocked(s.client)
}

// Sessions returns how many sessions there are.
func (t *Table) Sessions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// becomeKnownLocked takes the sessions and handshakes of a client that has logged in out of those
// of the strangers of its network.
func (o *open) becomeKnownLocked() {
	if o.known {
		return
	}
	o.known = true
	if o.network != nil {
		o.network.sessions -= o.sessions
		o.network.handshakes -= o.handshakes
	}
}
