package pop3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/netip"
	"os"

	"pillarbox/pop3/sasl"
)

// Credentials are what a client gave to prove who it is, and how.
type Credentials struct {
	Mechanism string      // "USER" or the name of a SASL mechanism, for the log
	User      string      // as the client wrote it, at most 255 octets
	Password  string      // never logged
	Proof     *sasl.Proof // in place of the password (SCRAM); nil: Password it is
	Remote    netip.Addr  // where the client connects from; the zero Addr when unknown
	TLS       bool        // whether they came over TLS
}

// An Authenticator says who a client is. It may take its time (a password
// derivation, a delay after failures): ctx ends when the client goes away or the login
// time is over.
//
// Authenticate returns the name to open a maildrop with. ErrAuth means that user or
// password is wrong, and says no more than that; ErrTemporary that the answer is not
// known now. Any other error is logged and told to the client as ErrTemporary.
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

// A Store opens maildrops.
//
// Open returns ErrTemporary when the store cannot say what is in the maildrop: it never
// returns an empty or partial maildrop instead, for clients forget their unique-ids by it.
type Store interface {
	Open(ctx context.Context, user string) (Maildrop, error)
}

// A Maildrop is one user's mail, frozen when it was opened: mail that arrives later
// belongs to the next session, and no number ever shifts. Messages are numbered
// 1…Len(); a number outside panics, for numbers are checked at the command line.
// It is used by one goroutine at a time.
type Maildrop interface {
	// Len returns how many messages there are.
	Len() int
	// Octets returns the size of message n as LIST reports it (RFC 1939 §11): CRLF
	// counted, byte-stuffing and the terminating dot not.
	Octets(n int) int64
	// AppendUID appends the unique-id of message n (RFC 1939 §7 UIDL): 1…70 octets in
	// 0x21…0x7E, the same in every session, never given to another message.
	AppendUID(dst []byte, n int) []byte
	// Body finds the stored bytes of message n. ErrGone: another session expunged it
	// and its space is used again. ErrDamaged: the stored bytes do not verify.
	Body(n int) (Body, error)
	// Expunge removes the marked messages (the UPDATE state): all or none, and they are
	// durably gone when it returns nil. A message that is gone already is no error.
	Expunge(ctx context.Context, marked iter.Seq[int]) error
	// Close gives back what the session held; without Expunge nothing is removed.
	// A second Close does nothing.
	Close() error
}

// A Recorder is a Maildrop that wants to know what a client has fetched.
type Recorder interface {
	// Retrieved is told that message n was given to the connection whole, by RETR, or by a TOP that asks for all
	// of it. That the client has read it to the end nobody knows.
	Retrieved(n int)
}

// A Body is where the stored bytes of one message lie. They are in wire form: lines end
// in CRLF, a leading dot is doubled, and ".CRLF" closes them, so RETR sends them as they are.
// The bytes stay as they are until Close, also for the kernel that still sends them.
type Body interface {
	// ReadAt reads stored bytes; offsets count from the first one, 0…Size().
	io.ReaderAt
	// Size returns the number of stored bytes, the closing ".CRLF" included.
	Size() int64
	// HeaderSize returns how many of them are the header with its blank line, so that
	// "TOP n 0" is that prefix and ".CRLF". Without a blank line it is Size()-3.
	HeaderSize() int64
	// Extents returns where the bytes lie in files, in order and without gaps; nil when
	// they lie in none and ReadAt is the only way to them. The slice is not to be changed.
	Extents() []Extent
	// Close lets the store use the space again.
	Close() error
}

// An Extent is a contiguous run of stored bytes in a file. Many sessions share the File:
// it is read at explicit offsets (pread, sendfile with an offset), its position is nobody's.
type Extent struct {
	File   *os.File
	Offset int64
	Length int64
}

// What a Store, a Maildrop or an Authenticator can say to a client.
var (
	// ErrAuth: user or password is wrong. "-ERR [AUTH]" (RFC 3206).
	ErrAuth = errors.New("pop3: wrong user or password")
	// ErrTemporary: it may work later. "-ERR [SYS/TEMP]" (RFC 3206).
	ErrTemporary = errors.New("pop3: temporarily out of order")
	// ErrDamaged: the stored message does not verify. "-ERR [SYS/PERM]" (RFC 3206).
	ErrDamaged = errors.New("pop3: the stored message is damaged")
	// ErrGone: the message was removed by another session. "-ERR".
	ErrGone = errors.New("pop3: another session removed the message")
)
