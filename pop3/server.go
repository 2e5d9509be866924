package pop3

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"pillarbox/appliance/logbook"
)

// A Server serves POP3 sessions on connections that somebody else accepts. Its fields are
// set before the first session and not changed afterwards; Auth and Store are required.
type Server struct {
	// Hostname is what the greeting calls this server.
	Hostname string
	// Implementation is announced by CAPA (RFC 2449 §6.9), in one word; "": nothing is.
	Implementation string
	// TLS serves implicit TLS and STLS; nil: STLS is not offered.
	TLS *tls.Config
	// Auth says who a client is.
	Auth Authenticator
	// Store opens maildrops.
	Store Store
	// Log takes one Info line a session, and the verbs of the dialogue at Debug; nil: nothing.
	Log *logbook.Logger
	// PlaintextAuth says whether a password may come from remote without TLS; nil: never.
	PlaintextAuth func(remote netip.Addr) bool
	// Exclusive gives each maildrop to one session at a time (RFC 1939 §4); nil: sessions are
	// snapshots and any number of them may be in.
	Exclusive *Locks
	// Expire says how long mail stays on the server by itself: for user, the name that Auth
	// returned, or before a login, when user is "", for whoever may log in. nil: CAPA is silent.
	Expire func(user string) Expiry
	// LoginDelay keeps the logins of a user apart; nil: they may come at any time.
	LoginDelay *Delays
	// Limits bound what a client may take.
	Limits Limits
	// Handshake runs a TLS handshake, where the caller counts them; nil: HandshakeContext. ctx
	// ends when Limits.Handshake is over.
	Handshake func(ctx context.Context, conn *tls.Conn) error

	dormitory dormitory
	buffers   sync.Pool     // of *[gatherSize]byte, for replies under way
	sendfile  sendfileFunc  // nil: the system call; tests count and break it
	dozes     time.Duration // when sessions doze; 0: after dozeAfter. Tests are less patient
}

// Limits bound what a client may take. A zero field means its default.
type Limits struct {
	Login          time.Duration // from the first octet to the login, TLS handshake included; 60 s
	Idle           time.Duration // for one command, and for a client that does not read; 10 min (RFC 1939 §3)
	Handshake      time.Duration // for one TLS handshake; 10 s
	BadCommands    int           // how many commands of a session may make no sense; 100
	BadBeforeLogin int           // the same before the login; 10
	Failures       int           // how many logins of a session may go wrong; 6: two typos of Thunderbird
}

// orDefaults fills in what is zero.
func (l Limits) orDefaults() Limits {
	l.Login = orDefault(l.Login, time.Minute)
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

// ServeConn serves one session to its end and closes conn. With implicitTLS the client
// begins with a TLS handshake, else with the greeting; conn is the accepted connection itself
// in either case, for only a *net.TCPConn that nothing is wrapped around lets the kernel
// send files.
//
// When ctx ends, a session that waits for its client ends at once and deletes nothing; a reply
// or an UPDATE that is under way comes to its end first. Closing both directions of conn, by CloseRead and CloseWrite where it
// is TCP, ends even that; of a Close alone a session that dozes learns when its time is over.
//
// It returns nil after a QUIT that was answered, and else why the session ended, which is
// logged already.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error {
	over := make(chan error, 1)
	s.start(ctx, conn, implicitTLS, func(err error) { over <- err })
	return <-over
}

// Serve is ServeConn that does not wait: it calls over when the session has ended, from any goroutine. A session that waits
// for its client has no goroutine then.
func (s *Server) Serve(ctx context.Context, conn net.Conn, implicitTLS bool, over func()) {
	s.start(ctx, conn, implicitTLS, func(error) { over() })
}

// longAgo is a deadline that is over: it wakes up whoever waits for the client.
var longAgo = time.Unix(1, 0)

// refuseTime is how long Refuse tries to be heard.
const refuseTime = time.Second

// Refuse tells a client in one line that there is no session for it now, and closes conn.
// The text is for a person: "too many connections".
func (s *Server) Refuse(conn net.Conn, text string) {
	conn.SetWriteDeadline(time.Now().Add(refuseTime))
	conn.Write([]byte("-ERR [SYS/TEMP] " + text + "\r\n"))
	conn.Close()
}
