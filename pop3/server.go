package pop3

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/ktls"
)

// A Server serves POP3 sessions on connections that its caller accepts. Its fields are set before
// the first session and not changed afterwards; Auth and Store are required.
type Server struct {
	// Hostname is the name of this server in the greeting.
	Hostname string
	// Implementation is announced by CAPA (RFC 2449 §6.9), in one word. If "", it is not.
	Implementation string
	// TLS serves implicit TLS and STLS. If nil, STLS is not offered.
	TLS *tls.Config
	// Kernel makes the TLS connections, and can hand them to the kernel. If nil, crypto/tls makes
	// all records.
	Kernel *ktls.Kernel
	// Auth authenticates clients.
	Auth Authenticator
	// Store opens maildrops.
	Store Store
	// Log receives one Info line per session, and the verbs of its commands at Debug. It may be
	// nil.
	Log *zap.Logger
	// Account returns the account that a user, the name that Auth returned, is a view of. Exclusive
	// and LoginDelay count by account. If nil, each user is an account of its own.
	Account func(user string) string
	// PlaintextAuth reports whether a password may come from remote without TLS. If nil, it may
	// not.
	PlaintextAuth func(remote netip.Addr) bool
	// Exclusive gives each maildrop to one session at a time (RFC 1939 §4). If nil, sessions are
	// snapshots, and a maildrop may have any number of them.
	Exclusive *Locks
	// Expire returns how long mail stays on the server: for user, the name that Auth returned, or
	// before a login, when user is "", for all users. If nil, CAPA does not mention it.
	Expire func(user string) Expiry
	// LoginDelay limits how often a user logs in. If nil, it does not.
	LoginDelay *Delays
	// Limits bound what a client may take.
	Limits Limits
	// Handshake runs a TLS handshake, if the caller counts them. If nil, HandshakeContext is
	// called. ctx ends when Limits.Handshake is over.
	Handshake func(ctx context.Context, conn *tls.Conn) error

	conns conn.Pool
}

// Limits bound what a client may take. A zero field means its default.
type Limits struct {
	Login time.Duration // until the login, or the end of a TLS handshake; 60 s
	// LoginTLS is from the end of a TLS handshake to the login; 3 min (see orDefaults).
	LoginTLS       time.Duration
	Idle           time.Duration // for a command, and 32 KiB of a reply; 10 min (RFC 1939 §3)
	Handshake      time.Duration // for one TLS handshake; 10 s
	BadCommands    int           // invalid commands of a session; 100
	BadBeforeLogin int           // the same before the login; 10
	Failures       int           // failed logins of a session; 6: two typos in Thunderbird
}

// orDefaults replaces zero fields by their defaults. LoginTLS is longer than Login because a client
// has finished its handshake, and not sent a password, while its user compares the fingerprint of
// the certificate.
func (l Limits) orDefaults() Limits {
	l.Login = orDefault(l.Login, time.Minute)
	l.LoginTLS = orDefault(l.LoginTLS, 3*time.Minute)
	l.Idle = orDefault(l.Idle, 10*time.Minute)
	l.Handshake = orDefault(l.Handshake, 10*time.Second)
	l.BadCommands = orDefault(l.BadCommands, 100)
	l.BadBeforeLogin = orDefault(l.BadBeforeLogin, 10)
	l.Failures = orDefault(l.Failures, 6)
	return l
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// account returns the account of a user.
func (s *Server) account(user string) string {
	if s.Account == nil {
		return user
	}
	return s.Account(user)
}

// refuseTime is how long Refuse tries to send its reply.
const refuseTime = time.Second

// Refuse sends an -ERR reply instead of a greeting, and closes conn. The text is for people: "too
// many connections".
func (s *Server) Refuse(conn net.Conn, text string) {
	conn.SetWriteDeadline(time.Now().Add(refuseTime))
	conn.Write([]byte("-ERR [SYS/TEMP] " + text + "\r\n"))
	conn.Close()
}

// Delays limit how often an account logs in (RFC 2449 §6.5). They have a credit of logins that may
// come earlier, for mail clients that log in twice, to fetch and to delete; each period without a
// login gives one back. They are in memory, 40 octets for each account whose credit is not
// complete. Every and Credit are set before the first session. A Server and those that replace it
// after a reload may share one.
type Delays struct {
	Every  time.Duration // whole seconds; CAPA announces it
	Credit int           // 0: none

	mu    sync.Mutex
	whole map[string]time.Time // when the credit of an account is complete again
}

// delaysKept is how many accounts are kept before those whose credit is complete are removed.
const delaysKept = 64

// take counts a login of an account, and reports whether it is permitted.
func (d *Delays) take(account string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	whole := d.whole[account]
	if whole.Before(now) {
		whole = now
	}
	if whole.Sub(now) > time.Duration(d.Credit)*d.Every {
		return false
	}
	if d.whole == nil {
		d.whole = make(map[string]time.Time)
	}
	if len(d.whole) >= delaysKept {
		maps.DeleteFunc(d.whole, func(_ string, whole time.Time) bool { return !whole.After(now) })
	}
	d.whole[account] = whole.Add(d.Every)
	return true
}

// Never is the Days of mail that stays until a client deletes it.
const Never = -1

// An Expiry is how long mail stays on the server unless a client deletes it, as CAPA announces it
// (RFC 2449 §6.7). It has to be what is enforced, because clients decide by it what they leave
// here.
type Expiry struct {
	// Days is the minimum time that a message stays, retrieved or not: Never, or 0 and more. 0
	// means that a retrieved message may be deleted after the session.
	Days int
	// Varies means that users have different policies: then Days is the shortest of them. It is
	// announced before the login only, because afterwards Days is the user's own.
	Varies bool
}

// line returns the line of CAPA: "EXPIRE 30 USER".
func (e Expiry) line(loggedIn bool) string {
	line := "EXPIRE NEVER"
	if e.Days >= 0 {
		line = "EXPIRE " + strconv.Itoa(e.Days)
	}
	if e.Varies && !loggedIn {
		line += " USER"
	}
	return line
}

// Locks are the exclusive-access locks of RFC 1939 §4: the accounts whose maildrop is open. They
// are in memory and end with the session, so a crash leaves none behind. The zero Locks is ready
// for use. A Server and those that replace it after a reload share one.
type Locks struct {
	mu   sync.Mutex
	held map[string]struct{}
}

// lock locks the maildrop of an account. It reports false if it is locked already.
func (l *Locks) lock(account string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.held[account]; taken {
		return false
	}
	if l.held == nil {
		l.held = make(map[string]struct{})
	}
	l.held[account] = struct{}{}
	return true
}

// unlock releases what lock has locked.
func (l *Locks) unlock(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, account)
}
