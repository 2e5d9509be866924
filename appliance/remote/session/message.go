package session

import (
	"io"
	"time"
)

// Limits of what a server may send.
const (
	MostMessages = 200_000
	MostID       = 512       // octets of an ID
	MostHeader   = 256 << 10 // octets of what Header writes
)

// A Message is one row of a listing.
type Message struct {
	Ref    uint64    // how the session names it
	ID     string    // how the server names it, with what it depends on; "": it has no usable name
	Octets int64     // as the server says, which may be wrong
	Date   time.Time // when it came to the provider; zero: not known
	Folder string    // "" for the inbox
	Era    uint64    // Ref means the same message in another session of the same era; 0: it does not
	// No other message of this mailbox is ever called ID, so that it may be deleted by it.
	Stable bool
}

// A Mailbox is a session after its login. It is used by one goroutine. All errors can be turned
// into an Error by As.
type Mailbox interface {
	// Delay returns the least time between two logins, as the server says; 0: it says nothing.
	Delay() time.Duration
	// Mark returns a text that differs whenever the listing does, as far as the server says without
	// listing anything; "": it does not say enough.
	Mark() (string, error)
	// List calls each with every message. It returns nil only if the listing is complete.
	List(each func(Message) error) error
	// Header writes the header of a message.
	Header(ref uint64, to io.Writer) error
	// Fetch writes the content of a message from an octet on, without transparency of the protocol.
	// It reports ErrNoRange if the protocol cannot begin there.
	Fetch(ref uint64, from int64, to io.Writer) error
	// Find reports whether a message of the folders has a Message-ID. It reports ErrNoSearch if the
	// protocol cannot search.
	Find(messageID string) (bool, error)
	// Delete deletes messages. It returns nil when the server has confirmed it for all of them.
	Delete(refs []uint64) error
	// Close ends the session in order. After Delete, its error says that the server may still have
	// the messages.
	Close() error
}

// ErrNoRange is the error of Fetch for a protocol that sends whole messages only.
var ErrNoRange = &Error{Kind: Refused, Text: "the protocol sends whole messages only"}

// ErrNoSearch is the error of Find for a protocol that cannot search.
var ErrNoSearch = &Error{Kind: Refused, Text: "the protocol cannot search"}

// A Login is how the session proves who it is.
type Login struct {
	User   string
	Secret string // a password, or an access token
	Token  bool   // Secret is an access token of OAuth 2.0
}
