package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"
)

// An Origin is what is kept of a message beside its content.
type Origin struct {
	From     string    // reverse-path, "" for none
	Received time.Time // whole seconds
	Seen     bool      // a client has fetched it; known only of mailboxes whose policy needs it
}

// A Message is one that is offered for import.
type Message struct {
	Name string // what to call it in an error: a file, or a place in one
	UID  string // "" if it has none: then it is taken each time it is offered
	Sure bool   // UID is from a spool, where no other message has it: it needs no comparison
	// Open is called when the message is wanted, and before that if the mailbox has a message with
	// this unique-id, unless Sure. The lines of the content may end in LF or CRLF. os.ErrNotExist
	// means that the message is gone, and a Refused that it is left out; neither affects other
	// messages.
	Open func() (Origin, io.ReadCloser, error)
}

// A Refused error of Message.Open leaves one message out of an import, which goes on.
type Refused struct{ Reason string }

// Error returns the reason.
func (r Refused) Error() string { return r.Reason }

// A Taker keeps what is exported.
type Taker interface {
	// Wants reports whether a message is still to be taken.
	Wants(uid string, octets int64) bool
	// Take keeps a message, whose lines end in LF. An error ends the export.
	Take(uid string, o Origin, content io.Reader) error
	// Damaged is called for a message that does not verify.
	Damaged(uid string)
}

// ValidUID reports whether a text can be a unique-id (RFC 1939 §7).
func ValidUID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 70
}

// identitySize is how many octets of the sum are compared.
const identitySize = 16

// IdentityOf returns the identity of a message that is stored in wire form.
func IdentityOf(stored io.Reader) (string, error) {
	sum := sha256.New()
	if _, err := Copy(&Plain{To: sum}, stored); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:identitySize]), nil
}

// Identity returns the identity that a message will have when it is stored. It reads the message.
func (m Message) Identity() (string, error) {
	_, from, err := m.Open()
	if err != nil {
		return "", err
	}
	defer from.Close()
	sum := sha256.New()
	if _, err := WireForm(&Plain{To: sum}, from); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:identitySize]), nil
}

// NextUID returns the unique-id under which a message is offered when the mailbox has another
// message under uid. It is made of the message's identity, so that a second import finds what the
// first one kept.
func NextUID(uid, identity string) string {
	next := uid + "~" + identity[:12]
	if !ValidUID(next) {
		sum := sha256.Sum256([]byte(uid))
		next = hex.EncodeToString(sum[:identitySize]) + "~" + identity[:12]
	}
	return next
}
