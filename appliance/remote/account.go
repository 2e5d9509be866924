package remote

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/session"
)

// An ID identifies a message of an account in the store.
type ID = [12]byte

// An Account is one account at a provider with all that a collection needs.
type Account struct {
	Name    string
	Mailbox uint64 // key of the owner's mailbox
	config.Remote
	Login      session.Login
	Generation string // changes when a secret was stored, be it the same as before
	Bundle     string // file of roots; "": the system's
	Reason     string // why it cannot be collected, and what to do; "": it can
}

// key is what the ids of the account are derived from: the mailbox, which is drawn at random, and
// the login at the provider.
func (a *Account) key() []byte {
	mac := hmac.New(sha256.New, binary.BigEndian.AppendUint64(nil, a.Mailbox))
	mac.Write([]byte("remote account " + strings.ToLower(a.User)))
	return mac.Sum(nil)
}

// Number identifies the account in the store. It is not 0.
func (a *Account) Number() uint64 {
	return max(binary.BigEndian.Uint64(a.key()), 1)
}

// id returns the id of what a server calls by a name.
func (a *Account) id(name string) (id ID) {
	mac := hmac.New(sha256.New, a.key())
	mac.Write([]byte(name))
	copy(id[:], mac.Sum(nil))
	return id
}

// Target returns what a session is opened with. eras are those of its folders in an earlier
// session, none if there was no such session.
func (a *Account) Target(eras ...uint64) link.Target {
	return link.Target{
		Eras:     eras,
		Protocol: string(a.Fetch), Address: a.Incoming, Implicit: config.ImplicitTLS(a.Incoming),
		Pin: a.Pin, Bundle: a.Bundle, Folders: a.Folders, Login: a.Login,
	}
}

// A Report is what a collection has done.
type Report struct {
	Listed   int // messages at the provider
	New      int // messages that were fetched, or would be
	Octets   int64
	Known    int // messages that were recognized after the provider had renumbered the mailbox
	Skipped  int // messages before since: the first time, or in a renumbered mailbox
	TooLarge int
	Waiting  int // messages that would exceed the octets of a day
	Failed   int // messages that the provider refused; after three times they wait for a day
	Deleted  int // at the provider
	Took     time.Duration
	more     bool // there is more to delete
	gone     []ID // what was deleted
}
