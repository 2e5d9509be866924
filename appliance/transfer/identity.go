package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

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
