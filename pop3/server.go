package pop3

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"pillarbox/pop3/conn"
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
