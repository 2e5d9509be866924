package smtpd

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"pillarbox/pop3/sasl"
	"pillarbox/pop3/wire"
)

// Credentials are what a client sent to authenticate, and how (RFC 4954).
type Credentials struct {
	Mechanism string      // the name of a SASL mechanism, for the log
	User      string      // as the client wrote it
	Password  string      // never logged
	Proof     *sasl.Proof // instead of the password (SCRAM); nil if Password is used
	Remote    netip.Addr  // where the client connects from; the zero Addr if unknown
	TLS       bool        // whether they came over TLS
	Conn      net.Conn    // the connection as passed to ServeConn, or the *tls.Conn over it
}

// An Authenticator checks credentials. ErrAuth: user or password is wrong. ErrTemporary: the check
// is not possible now.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (user string, err error)
}

// A Keeper is an Authenticator that can also return SCRAM credentials. SCRAM is offered only if
// Server.Auth implements it.
type Keeper interface {
	// Secret returns the SCRAM credentials of user, as the client wrote the name. For an unknown
	// user it returns credentials that look the same and are the same each time; Authenticate then
	// refuses the proof, after the same time.
	Secret(user string) sasl.Secret
}

// A Namer is an Authenticator that can compare spellings of a user's name. Without it an
// authorization identity must equal the name that the client authenticates as.
type Namer interface {
	// SameUser reports whether identity and user name the same account. It does not reveal whether
	// there is such an account.
	SameUser(identity, user string) bool
}

// A Router decides to which mailboxes a forward-path leads (RFC 5321 §4.1.1.3).
//
// Mailboxes returns the names of the mailboxes, each once, that have room for a message of e.Size
// octets (0: not known). e is the envelope as announced by MAIL, or the zero Envelope for a message
// that the server itself writes. ErrUnknown: the domain is local, the name does not exist.
// ErrForeign: the domain is not local. ErrMailboxFull: all of the mailboxes are full. ErrTooLarge:
// none of them can ever hold so much. ErrTemporary: the lookup is not possible now.
type Router interface {
	Mailboxes(ctx context.Context, rcpt Path, e *Envelope) ([]string, error)
}

// A RecipientLimit limits how many unknown recipients a client may name, so that it cannot find out
// which names exist by trying many. conn is the client's, as in Credentials.
type RecipientLimit interface {
	// Await is called before a recipient is looked up. It may wait until the client may name
	// another one; it returns ErrManyUnknown if that takes too long.
	Await(ctx context.Context, conn net.Conn) error
	// Found is called if the recipient exists, or is not local: it does not count.
	Found(conn net.Conn)
}

// An Envelope is everything about a message in a mail transaction except its content.
type Envelope struct {
	From     Path       // the reverse-path; Null for "<>"
	Size     int64      // as declared by SIZE= (RFC 1870); 0 if not declared
	Helo     string     // the name that the client gave
	User     string     // the authenticated user, or ""
	Remote   netip.Addr // the client's address
	Protocol string     // the Received "with" word (RFC 3848): SMTP, ESMTP, ESMTPS, ESMTPSA…
	Received time.Time  // when MAIL was accepted

	Clear      bool   // the password of User crossed a network without TLS
	Return     string // RET= (RFC 3461 §4.3): "FULL", "HDRS" or ""
	EnvelopeID string // ENVID= (RFC 3461 §4.4), decoded

	// Conn is the connection of the client, for telling clients apart; nil if the server itself
	// writes the message.
	Conn net.Conn
	// Interrupt makes the session end soon with 421, even while it waits for its client. A Spooler
	// calls it, from any goroutine, when the message has to make room for others. It is nil if Conn
	// is nil.
	Interrupt func()
}

// A Recipient is one mailbox that receives the message. Head is the mailbox's own beginning of the
// message, in wire form (Return-Path, Delivered-To): it precedes what is written into the Delivery,
// in this mailbox only, and is counted in its octets. So one stored body serves all recipients, and
// none of them sees another.
//
// If Outside is set, it is a recipient of another server: Mailbox is "" and Head is nil.
type Recipient struct {
	Mailbox string
	Head    []byte
	Outside *Outside
}

// An Outside is a recipient of another server, to which a Relay let the message go.
type Outside struct {
	Account  string // Outgoing.Account
	From     Path   // Outgoing.From
	To       Path
	Notify   string // NOTIFY= in capitals; "" if it was not given
	Original string // ORCPT=, decoded; "" if it was not given
}

// A Relay decides which messages may go to other servers. Without one none may.
type Relay interface {
	// Outgoing is called when the first recipient of a message is not one of ours. The error is a
	// *Denied, or one of those below.
	Outgoing(ctx context.Context, e *Envelope) (Outgoing, error)
}

// An Outgoing is the permission to send one message to other servers.
type Outgoing struct {
	Account    string // the remote account through which it leaves
	From       Path   // the reverse-path under which it leaves
	Recipients int    // of other servers, at most; 0: no limit but that of the session
	MaxSize    int64  // octets that the remote account takes; 0: not known
	// Header is called once with the header of the message in wire form, as the client sent it,
	// without the blank line, and returns what is stored in its place. The error is a *Denied.
	Header func(header []byte) ([]byte, error)
}

// A Denied error is a reason why a message may not go to other servers. It holds nothing that a
// client has sent.
type Denied struct {
	Reason    string
	Temporary bool
}

// Error returns the reason.
func (d *Denied) Error() string { return "smtpd: relaying denied: " + d.Reason }

// A Spooler stores messages.
type Spooler interface {
	// Room reports at MAIL whether the message can be accepted; its recipients are not known yet.
	// It changes nothing, because nothing has arrived. It returns ErrTooLarge, ErrFull,
	// ErrWasteful, ErrTemporary or nil.
	Room(ctx context.Context, e *Envelope) error
	// Begin starts a delivery to one or more recipients.
	Begin(ctx context.Context, e *Envelope, to []Recipient) (Delivery, error)
}

// A Delivery receives the wire form of one message (CRLF lines, leading dots doubled, closed by
// ".CRLF") and stores it for all recipients or for none. It is ended once, by Commit or Abort;
// Abort after either does nothing.
type Delivery interface {
	// Write appends stored bytes. After an error only Abort may be called.
	io.Writer
	// Commit returns nil once the message is durable, that is, after the flush. Any error means
	// that the message was not accepted. shape is what the scanner measured of what was written.
	Commit(ctx context.Context, shape wire.Shape) error
	// Abort discards the message.
	Abort()
}

// A Lender is a Delivery that lends the memory in which it keeps the message, so that the message
// is not copied there.
type Lender interface {
	// AvailableBuffer returns an empty buffer with some capacity, or nil: what is appended to it
	// may be passed to the next Write. It is valid until the next call of a method.
	AvailableBuffer() []byte
}

// Errors of a Router, a Spooler or an Authenticator that become a reply. Any other error is logged,
// and the client gets the reply of ErrTemporary.
var (
	ErrAuth        = errors.New("smtpd: wrong user or password")                        // 535 5.7.8
	ErrUnknown     = errors.New("smtpd: no such mailbox")                               // 550 5.1.1
	ErrForeign     = errors.New("smtpd: not a local domain")                            // 550 5.7.1
	ErrManyUnknown = errors.New("smtpd: too many unknown recipients")                   // 450 4.7.1
	ErrMailboxFull = errors.New("smtpd: the mailbox is full")                           // 452 4.2.2
	ErrFull        = errors.New("smtpd: the spool is full")                             // 452 4.3.1
	ErrWasteful    = errors.New("smtpd: the client sends messages without ending them") // 451 4.7.1
	ErrTooLarge    = errors.New("smtpd: the message exceeds the size limit")            // 552 5.3.4
	ErrTemporary   = errors.New("smtpd: temporary failure")                             // 451 4.3.0
)
