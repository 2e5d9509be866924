package smtpd

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

// A Server speaks SMTP or LMTP on connections that its owner accepts. Its fields are set before the
// first session and do not change after it; a reload makes another Server, and the sessions of the
// old one continue with the old fields.
type Server struct {
	// Hostname is the server's name: in the greeting, in Received, and as the domain of a bare
	// name.
	Hostname string
	// TLS is for STARTTLS and for implicit TLS; if nil, neither is available.
	TLS *tls.Config
	// Handshake does the TLS handshake, so that its owner can limit how many are in progress. Its
	// ctx ends after Limits.Handshake. If nil, (*tls.Conn).HandshakeContext is used.
	Handshake func(context.Context, *tls.Conn) error

	// Auth checks credentials; if nil, AUTH is not offered.
	Auth Authenticator
	// PlaintextAuth reports whether a client may send its password without TLS; if nil, none may.
	PlaintextAuth func(remote netip.Addr) bool
	// RequireAuth requires a login before MAIL (RFC 6409 §4.3).
	RequireAuth bool
	// Owns reports whether an address belongs to a user. A user that is logged in then sends from
	// these addresses only, as the reverse-path; the From field is not examined. If nil, every
	// address belongs to every user.
	Owns func(user string, from Path) bool
	// LoginHolds reports whether the login of a connection, as in Credentials, is still valid. It
	// is called at MAIL; if nil, a login is valid as long as its session.
	LoginHolds func(conn net.Conn) bool
	// Router maps recipients to mailboxes.
	Router Router
	// Relay decides which messages may go to other servers; nil admits none.
	Relay Relay
	// Recipients limits the unknown recipients of clients that are not logged in; if nil, they may
	// name any number.
	Recipients RecipientLimit
	// Spooler stores the messages.
	Spooler Spooler

	// MaxMessage is the largest message accepted, in octets as the client sends them, CRLF counted;
	// 0: 50 MiB.
	MaxMessage int64
	// Limits bounds what one session may do.
	Limits Limits
	// LMTP selects LMTP (RFC 2033): LHLO, and one verdict per recipient.
	LMTP bool

	// Log gets one Info line per session and per message, never a secret; if nil, nothing is
	// logged.
	Log *zap.Logger
	// Now returns the time that Received shows; if nil, time.Now. Time-outs do not use it.
	Now func() time.Time

	contents sync.Pool              // of *[bufferSize]byte, for the messages that are being received
	quickAck func(socket int) error // see wire.QuickAck; nil: the system call
}

// maxMessage returns the size of the largest message that is accepted.
func (s *Server) maxMessage() int64 {
	if s.MaxMessage == 0 {
		return defaultMaxMessage
	}
	return s.MaxMessage
}

// now returns the time that a message shows.
func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// owns reports whether a user may send from an address: from its own, and from the null
// reverse-path, from which receipts are sent.
func (s *Server) owns(user string, from Path) bool {
	return from.Null() || s.Owns == nil || s.Owns(user, from)
}

// Refuse greets a client that cannot be served now with 421 4.7.0 and text, and closes conn. It
// takes at most a second.
func (s *Server) Refuse(conn net.Conn, text string) {
	defer conn.Close()
	if conn.SetWriteDeadline(time.Now().Add(time.Second)) != nil {
		return
	}
	line := append(reply{421, "4.7.0", text}.append(nil), '\r', '\n')
	conn.Write(line) // an error cannot be reported to anyone
}

// Limits bounds what one session may use. A zero field means its default.
type Limits struct {
	// Idle is how long a client may send nothing: in content between two reads that return octets,
	// elsewhere until the command is complete. Default 5 min (RFC 5321 §4.5.3.2). Content must also
	// arrive at a minimum rate, which allows for at most four minutes without octets.
	Idle time.Duration
	// Handshake is how long a TLS handshake may take. Default 10 s.
	Handshake time.Duration
	// Login is how long an Authenticator may take for one call. Default 60 s.
	Login time.Duration
	// Send is how long a client may take to read one reply. Default 60 s.
	Send time.Duration
	// Recipients is how many RCPT are accepted for one message. Default 1000; RFC 5321 §4.5.3.1.8
	// requires at least 100.
	Recipients int
	// Logins is how many failed AUTH end a session. Default 5: a mail client tries a wrong password
	// twice, by PLAIN and by LOGIN.
	Logins int
	// Mistakes is how many commands that are unknown, malformed or out of order, without an
	// accepted message among them, end a session. Default 20.
	Mistakes int
	// Commands is how many commands without an accepted message among them end a session. Accepted
	// RCPT, and accepted BDAT with at least one octet, do not count. Default 1000.
	Commands int
}

// orDefaults returns l with every zero field set to its default.
func (l Limits) orDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&l.Idle, 5 * time.Minute}, {&l.Handshake, 10 * time.Second}, {&l.Login, time.Minute}, {&l.Send, time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Recipients, 1000}, {&l.Logins, 5}, {&l.Mistakes, 20}, {&l.Commands, 1000}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return l
}

const defaultMaxMessage = 50 << 20
