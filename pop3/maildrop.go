package pop3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/netip"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/sasl"
)

// Credentials are what a client has given to authenticate itself.
type Credentials struct {
	Mechanism string      // "USER" or the name of a SASL mechanism, for the log
	User      string      // as the client wrote it, at most 255 octets
	Password  string      // never logged
	Proof     *sasl.Proof // in place of the password (SCRAM); nil if Password counts
	Remote    netip.Addr  // the address of the client; the zero Addr if unknown
	TLS       bool        // they were sent over TLS
	Conn      net.Conn    // the connection as ServeConn got it, or the *tls.Conn over it
}

// An Authenticator authenticates clients. It may take its time (a password derivation, a delay
// after failures): ctx ends when the client disconnects or the time to log in is over.
//
// Authenticate returns the name to open a maildrop with. ErrAuth means that user or password is
// wrong, and not which of them; ErrTemporary that it cannot be decided now. Any other error is
// logged and the client gets the same reply as for ErrTemporary.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (user string, err error)
}

// A Keeper is an Authenticator that stores what SCRAM needs. With any other, SCRAM is not offered.
type Keeper interface {
	// Secret returns what is stored of the password of user, as the client wrote the name. For an
	// unknown user it returns a value that looks alike, the same each time. The Proof that follows
	// is given to Authenticate, which refuses it as late as a wrong one.
	Secret(user string) sasl.Secret
}

// A Namer is an Authenticator for which a user's name has several spellings. With any other, an
// authorization identity has to be exactly the name that the client authenticates as.
type Namer interface {
	// SameUser reports whether identity and user name the same user. It does not report whether
	// there is such a user.
	SameUser(identity, user string) bool
}

// A Store opens maildrops.
//
// Open returns ErrTemporary if the store cannot determine what is in the maildrop. It never returns
// an empty or partial maildrop instead, because clients would forget their unique-ids.
type Store interface {
	Open(ctx context.Context, user string) (Maildrop, error)
}

// A Maildrop is one user's mail, frozen when it was opened: mail that arrives later belongs to the
// next session, and no message changes its number. Messages are numbered
// 1…Len(); a number outside panics, because the session has checked it. It is used by one goroutine
// at a time.
type Maildrop interface {
	// Len returns the number of messages.
	Len() int
	// Octets returns the size of message n as LIST reports it (RFC 1939 §11): CRLF
	// counted, byte-stuffing and the terminating dot not.
	Octets(n int) int64
	// AppendUID appends the unique-id of message n (RFC 1939 §7 UIDL): 1…70 octets in
	// 0x21…0x7E, the same in every session, never given to another message.
	AppendUID(dst []byte, n int) []byte
	// Body returns the stored bytes of message n. It returns ErrGone if another session has
	// expunged it and its space is used again, and ErrDamaged if the stored bytes do not verify.
	Body(n int) (Body, error)
	// Expunge removes the marked messages (the UPDATE state): all or none, durably when it returns
	// nil. A message that was removed before is no error.
	Expunge(ctx context.Context, marked iter.Seq[int]) error
	// Close releases what the session holds; without Expunge nothing is removed. A second Close
	// does nothing.
	Close() error
}

// A Recorder is a Maildrop that records what a client has fetched.
type Recorder interface {
	// Retrieved is called when all of message n was given to the kernel, by RETR or by a TOP that
	// requests all of it. It does not mean that the client has read it.
	Retrieved(n int)
}

// A Prefetcher is a Maildrop that can read several messages at once.
type Prefetcher interface {
	// BodyAhead is Body for a client whose next command has arrived. Messages that follow may be
	// read with it, of so many octets at most: what the session gathers before it sends.
	BodyAhead(n int, octets int64) (Body, error)
	// Rest releases what was read ahead. It is called before the session waits for its client.
	Rest()
}

// A Body is the stored bytes of one message. They are in wire form: lines end in CRLF, a leading
// dot is doubled, and ".CRLF" ends them, so RETR sends them as they are. They do not change before
// Close, nor while the kernel still sends them.
type Body interface {
	// ReadAt reads stored bytes; offsets count from the first one, 0…Size().
	io.ReaderAt
	// Size returns the number of stored bytes, the closing ".CRLF" included.
	Size() int64
	// HeaderSize returns how many of them are the header with its blank line, so that
	// "TOP n 0" is that prefix and ".CRLF". Without a blank line it is Size()-3.
	HeaderSize() int64
	// Extents returns where the bytes are in files, in order and without gaps, or nil if ReadAt is
	// the only way to them. The slice must not be changed.
	Extents() []Extent
	// Close lets the store use the space again.
	Close() error
}

// An Extent is a contiguous run of stored bytes in a file. Many sessions share the File: it is read
// at explicit offsets (pread, sendfile with an offset), and no session depends on its position.
type Extent = conn.Extent

// Errors of a Store, a Maildrop or an Authenticator that have a reply of their own.
var (
	// ErrAuth means that user or password is wrong. The reply is "-ERR [AUTH]" (RFC 3206).
	ErrAuth = errors.New("pop3: wrong user or password")
	// ErrTemporary means that it may work later. The reply is "-ERR [SYS/TEMP]" (RFC 3206).
	ErrTemporary = errors.New("pop3: temporarily unavailable")
	// ErrDamaged means that the stored message does not verify: "-ERR [SYS/PERM]" (RFC 3206).
	ErrDamaged = errors.New("pop3: the stored message is damaged")
	// ErrGone means that another session has removed the message: "-ERR".
	ErrGone = errors.New("pop3: another session removed the message")
)
