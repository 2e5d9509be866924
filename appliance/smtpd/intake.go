package smtpd

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"pillarbox/pop3/sasl"
	"pillarbox/pop3/wire"
)

// Credentials are what a client gave to prove who it is, and how (RFC 4954).
type Credentials struct {
	Mechanism string      // the name of a SASL mechanism, for the log
	User      string      // as the client wrote it
	Password  string      // never logged
	Proof     *sasl.Proof // in place of the password (SCRAM); nil: Password it is
	Remote    netip.Addr  // where the client connects from; the zero Addr when unknown
	TLS       bool        // whether they came over TLS
}

// An Authenticator says who a client is. ErrAuth: user or password is wrong.
// ErrTemporary: the answer is not known now.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (user string, err error)
}

// A Keeper is an Authenticator that keeps of passwords what SCRAM needs; without it no
// SCRAM is offered.
type Keeper interface {
	// Secret returns what is kept of the password of user, as the client wrote the name. For
	// a user whom nobody knows it returns something of the same look, the same each time; its
	// Proof is given to Authenticate, which refuses it in its own time.
	Secret(user string) sasl.Secret
}

// A Router says where mail for a forward-path goes (RFC 5321 §4.1.1.3).
//
// Mailboxes returns the mailboxes by name, each once, in which a mail of that many octets has room (0: not
// known). ErrUnknown: the domain is ours, the name is not. ErrForeign: the domain is not
// ours. ErrMailboxFull: all of them hold as much as they may. ErrTooLarge: none of them may ever
// hold so much. ErrTemporary: the answer is not known now.
type Router interface {
	Mailboxes(ctx context.Context, rcpt Path, octets int64) ([]string, error)
}

// An Envelope is what a mail transaction knows of a mail beside its content.
type Envelope struct {
	From     Path       // the reverse-path; Null for "<>"
	Size     int64      // octets as declared by SIZE= (RFC 1870); 0 when not declared
	Helo     string     // what the client calls itself
	User     string     // the authenticated user, or ""
	Remote   netip.Addr // where the mail comes from
	Protocol string     // the Received "with" word (RFC 3848): SMTP, ESMTP, ESMTPS, ESMTPSA…
	Received time.Time  // when MAIL was accepted
}

// A Recipient is one mailbox that gets the mail. Head is its own beginning of the mail,
// in wire form (Return-Path, Delivered-To): it comes before what is written into the
// Delivery, in this mailbox only, and is counted in its octets. So one stored body
// serves many, and none of them learns of another.
type Recipient struct {
	Mailbox string
	Head    []byte
}

// A Spooler keeps mail.
type Spooler interface {
	// Room says at MAIL whether a mail of that many octets can be taken (0: not known):
	// ErrTooLarge, ErrFull, ErrTemporary or nil.
	Room(octets int64) error
	// Begin starts a delivery to one or more recipients.
	Begin(ctx context.Context, e *Envelope, to []Recipient) (Delivery, error)
}

// A Delivery takes the wire form of one mail (CRLF lines, leading dots doubled, closed by
// ".CRLF") and keeps it for all recipients or for none. It is ended once, by Commit or Abort; Abort after either does nothing.
type Delivery interface {
	// Write takes the next stored bytes. After an error only Abort follows.
	io.Writer
	// Commit returns nil when the mail is durable: after the flush. Any error means
	// that the mail was not accepted. shape is what the scanner measured of what was written.
	Commit(ctx context.Context, shape wire.Shape) error
	// Abort forgets the mail.
	Abort()
}

// What a Router, a Spooler or an Authenticator can say to a client. An error that is
// none of these is logged and told to the client as ErrTemporary.
var (
	ErrAuth        = errors.New("smtpd: wrong user or password")                    // 535 5.7.8
	ErrUnknown     = errors.New("smtpd: no such mailbox here")                      // 550 5.1.1
	ErrForeign     = errors.New("smtpd: not a domain of this box")                  // 550 5.7.1
	ErrMailboxFull = errors.New("smtpd: the mailbox is full")                       // 452 4.2.2
	ErrFull        = errors.New("smtpd: the spool is full")                         // 452 4.3.1
	ErrTooLarge    = errors.New("smtpd: the mail is larger than this box can take") // 552 5.3.4
	ErrTemporary   = errors.New("smtpd: temporarily out of order")                  // 451 4.3.0
)
