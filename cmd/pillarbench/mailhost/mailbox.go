package mailhost

import (
	"bytes"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"pillarbox/cmd/pillarbench/client"
)

// A Protocol is how the mailbox of a login is read.
type Protocol string

// The protocols, in the words of the server's configuration.
const (
	POP3 Protocol = "pop3"
	IMAP Protocol = "imap"
)

// A Mailbox is the mailbox of one login.
type Mailbox struct {
	user     string
	protocol Protocol
	deletes  func(user string, number uint64)
	imap     *imapmemserver.User // has the texts, if the protocol is IMAP

	mu        sync.Mutex
	left      []held // in the order of arrival
	uid       uint32 // of the last message
	offered   int
	retrieved int
	deleted   int
}

// A held message is at the provider.
type held struct {
	message client.Message
	uid     uint32
}

func newMailbox(user string, protocol Protocol, deletes func(string, uint64)) (*Mailbox, error) {
	m := &Mailbox{user: user, protocol: protocol, deletes: deletes}
	if protocol == IMAP {
		m.imap = imapmemserver.NewUser(user, client.Password)
		return m, m.imap.Create("INBOX", nil)
	}
	return m, nil
}

// Offer has a message arrive.
func (m *Mailbox) Offer(l client.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uid++
	if m.protocol == IMAP {
		data, err := m.imap.Append("INBOX", bytes.NewReader(l.Content()), &imap.AppendOptions{})
		if err != nil {
			return err
		}
		m.uid = uint32(data.UID)
	}
	m.offered++
	m.left = append(m.left, held{l, m.uid})
	return nil
}

// A Count is what became of the messages of a mailbox.
type Count struct{ Offered, Retrieved, Deleted, Left int }

// Count returns what became of the messages so far. A message that was read twice was retrieved
// twice.
func (m *Mailbox) Count() Count {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Count{m.offered, m.retrieved, m.deleted, len(m.left)}
}

// snapshot returns what is there now.
func (m *Mailbox) snapshot() []held {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]held(nil), m.left...)
}

func (m *Mailbox) retrieve() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retrieved++
}

// remove deletes the messages for which gone returns true.
func (m *Mailbox) remove(gone func(held) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keep []held
	for _, h := range m.left {
		if !gone(h) {
			keep = append(keep, h)
			continue
		}
		m.deleted++
		m.deletes(m.user, h.message.Number)
	}
	m.left = keep
}
