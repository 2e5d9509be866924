package delivery

import (
	"errors"
	"time"

	"pillarbox/appliance/access"
	"pillarbox/spool"
)

// A Source is where a message comes from.
type Source uint8

// The sources. The zero Source is a client, to which the most rules apply.
const (
	Client  Source = iota // SMTP, LMTP
	Import                // an archive or another server
	Restore               // the bin
	Remote                // a provider
	Notice                // the server itself
	Bounce                // the outgoing queue
)

// final reports whether the quota rule is applied at the end, by the real size.
func (s Source) final() bool { return s == Import || s == Remote }

// unlimited reports whether the quota rule is not applied.
func (s Source) unlimited() bool { return s == Notice || s == Bounce }

// A Message is what is known of a message before its content.
type Message struct {
	Source   Source
	From     string    // reverse-path, "" for none
	Size     int64     // octets as announced; 0 if not known
	UID      string    // the unique-id that it had elsewhere, for a single recipient; "" computes one
	Received time.Time // when it came
	Replaces int64     // octets of its copy in the bin, which is removed later (Restore)
	Remote   RemoteID  // of a Remote: how the provider calls it
	Sender   *Sender   // of a Client; nil if the server itself writes
}

// A RemoteID is how a message is called at the provider that it was fetched from. It becomes
// durable with the message.
type RemoteID = spool.RemoteID

// A Sender is the client that sends a message.
type Sender struct {
	Client   access.Client
	LoggedIn bool   // its session is
	Cut      func() // makes its session end soon; called from any goroutine
}

// The errors that callers translate into replies. ErrFull and ErrMailboxFull may pass, ErrTooLarge
// does not.
var (
	ErrFull        = spool.ErrFull
	ErrMailboxFull = spool.ErrMailboxFull
	ErrTooLarge    = spool.ErrTooLarge
	ErrReadOnly    = spool.ErrReadOnly
	ErrWasteful    = errors.New("the client sends messages that it does not end")
	ErrRemoved     = errors.New("the account was removed")
)
