package smtpd

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"pillarbox/appliance/logbook"
)

// A Server speaks SMTP or LMTP on connections that somebody else accepts. Its fields are set
// before the first session and not changed after it; another set of them is another Server,
// beside which the sessions of the old one go on.
type Server struct {
	// Hostname is what the server calls itself: in the greeting, in Received, and as the
	// domain of a bare name.
	Hostname string
	// TLS is for STARTTLS and for implicit TLS; nil: neither.
	TLS *tls.Config
	// Handshake does the TLS handshake, so that its owner can bound how many are under way.
	// Its ctx ends after Limits.Handshake. nil: (*tls.Conn).HandshakeContext.
	Handshake func(context.Context, *tls.Conn) error

	// Auth says who a client is; nil: AUTH is not offered.
	Auth Authenticator
	// PlaintextAuth says whether a client may give its password without TLS; nil: none may.
	PlaintextAuth func(remote netip.Addr) bool
	// RequireAuth asks for a login before MAIL (RFC 6409 §4.3).
	RequireAuth bool
	// Owns says whether an address is a user's own. A user that is logged in then sends from its own
	// addresses only, as the reverse-path; what From says is not looked at. nil: every address is.
	Owns func(user string, from Path) bool
	// Router says where mail goes.
	Router Router
	// Spooler keeps it.
	Spooler Spooler

	// MaxMessage is the largest mail taken, in octets as the client sends them, CRLF counted;
	// 0: 50 MiB.
	MaxMessage int64
	// Limits bounds what one session may do.
	Limits Limits
	// LMTP makes it speak LMTP (RFC 2033): LHLO, and one verdict a recipient.
	LMTP bool

	// Log gets one Info line a session and a mail, never a secret; nil: nothing is logged.
	Log *logbook.Logger
	// Now is the time that Received shows; nil: time.Now. Time-outs do not ask it.
	Now func() time.Time

	contents sync.Pool // of *[contentSize]byte, for the mails that are coming in
}

// ServeConn serves one session to its end and closes conn. implicitTLS: the session begins
// with a handshake. The error says why a session ended that neither side ended in peace; it
// is in the log already.
//
// When ctx ends, a session that waits for its client is told 421 4.3.2 and ends at once; a
// reply or a commit that is under way is finished before that. Who is in more of a hurry
// closes conn.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error {
	c := newSession(ctx, s, conn)
	defer c.close()
	err := c.serve(ctx, implicitTLS)
	c.record(err)
	return err
}

// Refuse greets a client that cannot be served now with 421 4.7.0 and text, and closes conn. It
// takes at most a second.
func (s *Server) Refuse(conn net.Conn, text string) {
	defer conn.Close()
	if conn.SetWriteDeadline(time.Now().Add(time.Second)) != nil {
		return
	}
	line := append(reply{421, "4.7.0", text}.append(nil), '\r', '\n')
	conn.Write(line) // nobody is told that it could not be told
}
