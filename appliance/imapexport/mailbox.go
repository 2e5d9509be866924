package imapexport

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/archive"
)

// A Mailbox is a folder of an IMAP server that an export fills. It is a transfer.Taker. It is used
// by one goroutine.
type Mailbox struct {
	target  Target
	options Options
	client  *imapclient.Client
	had     map[sum]int // how often the folder has a message that was not yet matched
	octets  int64       // of the next message
	pending []pending   // in the order in which they were sent
	inARow  int         // refusals
	archive.Tally
	Refused []string // messages that the server refused: unique-id and reason
}

// Open connects to a server, makes the folder if it is missing, and reads which messages it has.
func Open(t Target, o Options) (*Mailbox, error) {
	m := &Mailbox{target: t, options: o, had: map[sum]int{}}
	var err error
	if m.client, err = connect(t, o); err != nil {
		return nil, err
	}
	if err := m.list(); err != nil {
		m.client.Close()
		return nil, fmt.Errorf("%s: folder %q: %w", t.address(), t.Folder, err)
	}
	return m, nil
}

// list reads the sums of the messages that are there.
func (m *Mailbox) list() error {
	data, err := m.client.Select(m.target.Folder, nil).Wait()
	var no *imap.Error
	if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
		if err := m.client.Create(m.target.Folder, nil).Wait(); err != nil {
			return fmt.Errorf("%w; creating it: %w", no, err)
		}
		data, err = m.client.Select(m.target.Folder, nil).Wait()
	}
	if err != nil {
		return err
	}
	messages, err := m.quiet(data.NumMessages)
	if err != nil || messages == 0 {
		return err
	}
	var all imap.SeqSet
	all.AddRange(1, messages)
	fields := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: sumFields[:], Peek: true}
	fetch := m.client.Fetch(all, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{fields}})
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			var s summer
			if _, err := io.Copy(&s, body.Literal); err != nil {
				return errors.Join(err, fetch.Close())
			}
			m.had[s.sum()]++
		}
	}
	return fetch.Close()
}

// quiet waits until no message has arrived in the folder for a while, and returns how many there
// are; SELECT has counted the given ones. If an earlier export was cut off, the server may still
// append what it had received: without the wait these messages would be sent again.
func (m *Mailbox) quiet(messages uint32) (uint32, error) {
	for {
		time.Sleep(m.options.Quiet)
		if err := m.client.Noop().Wait(); err != nil {
			return 0, err
		}
		// Mailbox may return nil until the client has read a reply that follows the one to SELECT.
		now := m.client.Mailbox().NumMessages
		if now == messages {
			return now, nil
		}
		messages = now
	}
}

// Close logs out.
func (m *Mailbox) Close() error {
	err := m.client.Logout().Wait()
	m.client.Close() // reports how the connection ended
	return err
}

// A pending is a message that was sent and not yet answered.
type pending struct {
	uid     string
	is      sum
	command *imapclient.AppendCommand
}
