package imapfetch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/remote/session"
)

// Delay returns 0: IMAP has no such limit.
func (m *Mailbox) Delay() time.Duration { return 0 }

// Mark returns what EXAMINE says of all folders: how many messages there are, and which UID is
// next. If both are as before, nothing has come, and so nothing is gone (RFC 9051 §2.3.1.1).
// Servers that do not name the next UID there name it in STATUS; the message count of STATUS is
// outdated on some servers.
func (m *Mailbox) Mark() (_ string, err error) {
	defer m.cause(&err)
	var mark strings.Builder
	for i, f := range m.folders {
		data, err := m.open(i, false)
		if err != nil {
			return "", left(err)
		}
		next := data.UIDNext
		if next == 0 {
			status, err := m.client.Status(f.name, &imap.StatusOptions{UIDNext: true}).Wait()
			if err != nil {
				return "", left(failed("STATUS", err, false))
			}
			next = status.UIDNext
		}
		if next == 0 || data.UIDValidity == 0 {
			return "", nil
		}
		fmt.Fprintf(&mark, "%q %d %d %d ", f.name, data.UIDValidity, next, data.NumMessages)
	}
	return mark.String(), nil
}

// left returns nil for a refusal.
func left(err error) error {
	if e := session.As(err); e != nil && e.Kind == session.Refused {
		return nil
	}
	return err
}

// List lists the messages of all folders.
func (m *Mailbox) List(each func(session.Message) error) (err error) {
	defer m.cause(&err)
	total := uint64(0)
	for i := range m.folders {
		data, err := m.open(i, true)
		if err != nil {
			return err
		}
		if total += uint64(data.NumMessages); total > session.MostMessages {
			return session.Errorf(session.Protocol, "the server lists %d messages, which is more than %d", total, session.MostMessages)
		}
		if data.UIDValidity == 0 {
			return session.Errorf(session.Protocol, "the server has no UIDVALIDITY for %s", m.folders[i].name)
		}
		m.folders[i].validity = data.UIDValidity
		for first := uint32(1); first <= data.NumMessages; first += m.most {
			last := min(first+m.most-1, data.NumMessages)
			if err := m.listPiece(i, first, last, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// listPiece lists the messages with the numbers first to last.
func (m *Mailbox) listPiece(i int, first, last uint32, each func(session.Message) error) error {
	var set imap.SeqSet
	set.AddRange(first, last)
	m.line.want(m.scheme.item)
	defer m.line.want("")
	fetch := m.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	listed := make([]imap.UID, 0, last-first+1) // sorted
	var stopped error
	for data := fetch.Next(); data != nil; data = fetch.Next() {
		row, err := m.row(i, data)
		if err != nil {
			stopped = err
			break
		}
		uid := imap.UID(row.Ref)
		at, twice := slices.BinarySearch(listed, uid)
		if twice || uid == 0 {
			continue
		}
		listed = slices.Insert(listed, at, uid) // at the end: they are in order (RFC 9051 §2.3.1.1)
		if err := each(row); err != nil {
			stopped = err
			break
		}
	}
	if err := fetch.Close(); err != nil && stopped == nil {
		return failed("FETCH", err, false)
	}
	if stopped != nil {
		return stopped
	}
	if want := int(last - first + 1); len(listed) != want {
		return session.Errorf(session.Protocol, "the listing is incomplete: %d of %d messages of %s", len(listed), want, m.folders[i].name)
	}
	return nil
}

// row reads what the server says of one message.
func (m *Mailbox) row(i int, data *imapclient.FetchMessageData) (session.Message, error) {
	f := m.folders[i]
	row := session.Message{Folder: f.label, Era: uint64(f.validity), Stable: true}
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			row.Ref = uint64(i)<<32 | uint64(item.UID)
			row.ID = fmt.Sprintf("imap %s %d %d", f.name, f.validity, item.UID)
		case imapclient.FetchItemDataRFC822Size:
			row.Octets = max(item.Size, 0)
		case imapclient.FetchItemDataInternalDate:
			row.Date = item.Time
		case imapclient.FetchItemDataBodySection:
			return row, session.Errorf(session.Protocol, "the server sends a message that was not asked for")
		}
	}
	if name := m.line.took(data.SeqNum); name != "" && m.scheme.word != "" {
		row.ID = m.scheme.word + " " + name
	}
	return row, nil
}
