package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

const (
	// A cookie with this prefix is from this host and this scheme alone, and is never sent on HTTP.
	// Another program on the same host receives it: cookies know no ports.
	sessionCookie = "__Host-pillarbox"
	loginCookie   = "__Host-pillarbox-login"

	mostSessions   = 16
	mostPerAccount = 4
	idleFor        = 20 * time.Minute
	lastsFor       = 12 * time.Hour
	keptFor        = 30 * 24 * time.Hour
)

// A session is a browser that has logged in.
type session struct {
	login  Login
	token  string // in every form
	begun  time.Time
	latest time.Time // request
	kept   bool      // the user asked for 30 days
}

// over reports whether a session has ended.
func (s *session) over(now time.Time) bool {
	if s.kept {
		return now.Sub(s.begun) > keptFor
	}
	return now.Sub(s.latest) > idleFor || now.Sub(s.begun) > lastsFor
}

// sessions are all of them, in memory.
type sessions struct {
	key [32]byte // of the tokens of the log-in form

	mu  sync.Mutex
	all map[[sha256.Size]byte]*session // by the SHA-256 of the cookie
}

func newSessions() *sessions {
	s := &sessions{all: map[[sha256.Size]byte]*session{}}
	rand.Read(s.key[:]) // never fails (crypto/rand)
	return s
}

// secret returns 256 random bits.
func secret() string {
	var octets [32]byte
	rand.Read(octets[:])
	return hex.EncodeToString(octets[:])
}

// begin makes a session and returns its cookie.
func (s *sessions) begin(l Login, kept bool, now time.Time) *http.Cookie {
	value := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(one *session) bool { return one.over(now) })
	s.makeRoomLocked(mostPerAccount, func(one *session) bool { return one.login.Account == l.Account })
	s.makeRoomLocked(mostSessions, func(*session) bool { return true })
	s.all[sha256.Sum256([]byte(value))] = &session{login: l, token: secret(), begun: now, latest: now, kept: kept}
	c := cookie(sessionCookie, value)
	if kept {
		c.MaxAge = int(keptFor / time.Second)
	}
	return c
}

func cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// makeRoomLocked ends the oldest of the sessions that match if there are as many as there may be.
func (s *sessions) makeRoomLocked(most int, match func(*session) bool) {
	var oldest *session
	n := 0
	for _, one := range s.all {
		if !match(one) {
			continue
		}
		if n++; oldest == nil || one.latest.Before(oldest.latest) {
			oldest = one
		}
	}
	if n >= most {
		s.dropLocked(func(one *session) bool { return one == oldest })
	}
}

func (s *sessions) dropLocked(match func(*session) bool) {
	for key, one := range s.all {
		if match(one) {
			delete(s.all, key)
		}
	}
}

// of returns the session of a request; nil if there is none. holds reports whether a login is still
// right.
func (s *sessions) of(r *http.Request, holds func(Login) bool, now time.Time) *session {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	key := sha256.Sum256([]byte(c.Value))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[key]
	if one == nil {
		return nil
	}
	if one.over(now) || !holds(one.login) {
		delete(s.all, key)
		return nil
	}
	one.latest = now
	return one
}

// end ends one session, or all of its account.
func (s *sessions) end(one *session, everywhere bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(other *session) bool {
		return other == one || everywhere && other.login.Account == one.login.Account
	})
}

// revoke ends the sessions whose logins do not hold.
func (s *sessions) revoke(holds func(Login) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(one *session) bool { return !holds(one.login) })
}

// loginToken returns the token of the log-in form for a browser with a cookie.
func (s *sessions) loginToken(cookie string) string {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(cookie))
	return hex.EncodeToString(h.Sum(nil))
}

// equal compares two secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
