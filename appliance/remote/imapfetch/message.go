package imapfetch

import (
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
)

// Header writes those fields of a header that make a fingerprint.
func (m *Mailbox) Header(ref uint64, to io.Writer) (err error) {
	defer m.cause(&err)
	uid, err := m.reach(ref)
	if err != nil {
		return err
	}
	_, _, err = m.section(uid, &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: fingerprint.Fields[:], Peek: true}, to)
	return err
}

// Fetch writes a message from an octet on. A piece that is shorter than what was asked for ends the
// message only if it is empty, or reaches the size that the server names: some servers send less at
// once than they are asked for. The message must not be empty, or less than half of that size.
func (m *Mailbox) Fetch(ref uint64, from int64, to io.Writer) (err error) {
	defer m.cause(&err)
	uid, err := m.reach(ref)
	if err != nil {
		return err
	}
	for {
		n, size, err := m.section(uid, &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: from, Size: pieceSize}}, to)
		if err != nil {
			return err
		}
		switch from += n; {
		case from == 0:
			return session.Errorf(session.Refused, "the provider sends an empty message")
		case n == 0 && from < size/2: // sizes are wrong, but not by as much
			return session.Errorf(session.Refused, "the provider sends %d octets of a message of %d", from, size)
		case n == 0, n < pieceSize && size > 0 && from >= size:
			return nil
		}
	}
}

// section writes one section, of a piece at most. It returns its length, and the size that the
// server names for the message; 0: it names none.
func (m *Mailbox) section(uid imap.UID, section *imap.FetchItemBodySection, to io.Writer) (n, size int64, err error) {
	fetch := m.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{section}})
	found := false
	for data := fetch.Next(); data != nil && err == nil; data = fetch.Next() {
		for item := data.Next(); item != nil; item = data.Next() {
			if named, ok := item.(imapclient.FetchItemDataRFC822Size); ok {
				size = named.Size
			}
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || found {
				continue
			}
			found = true
			if body.Literal == nil { // NIL: there is nothing from here on
				continue
			}
			if body.Literal.Size() > pieceSize {
				m.client.Close()
				return 0, 0, session.Errorf(session.Protocol, "the server breaks the protocol: %d octets in the place of %d", body.Literal.Size(), pieceSize)
			}
			if n, err = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{body.Literal}, m.buffer[:]); err != nil {
				break
			}
		}
	}
	if err != nil {
		m.client.Close() // the rest of the literal is under way
		fetch.Close()
		return n, size, err
	}
	if err := fetch.Close(); err != nil {
		return n, size, failed("FETCH", err, false)
	}
	if !found {
		return n, size, session.Errorf(session.Refused, "the message is no longer at the provider")
	}
	return n, size, nil
}

// Delete deletes messages, folder by folder.
func (m *Mailbox) Delete(refs []uint64) (err error) {
	defer m.cause(&err)
	caps := m.client.Caps()
	if m.gmail && m.trash == "" {
		return session.Errorf(session.Refused, "no folder has the use \\Trash, so nothing is deleted at the provider")
	}
	if !m.gmail && !caps.Has(imap.CapUIDPlus) && !caps.Has(imap.CapIMAP4rev2) {
		return session.Errorf(session.Refused, "the server has no UIDPLUS, so nothing is deleted at the provider")
	}
	for i := range m.folders {
		var set imap.UIDSet
		last := uint64(0)
		for _, ref := range refs {
			if int(ref>>32) == i {
				set.AddNum(imap.UID(ref))
				last = ref
			}
		}
		if len(set) == 0 {
			continue
		}
		if _, err := m.reach(last); err != nil {
			return err
		}
		if err := m.remove(set); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes messages of the selected folder.
func (m *Mailbox) remove(set imap.UIDSet) error {
	if m.gmail {
		_, err := m.client.Move(set, m.trash).Wait()
		return failed("MOVE", err, false)
	}
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := m.client.Store(set, flags, nil).Close(); err != nil {
		return failed("STORE", err, false)
	}
	return failed("EXPUNGE", m.client.UIDExpunge(set).Close(), false)
}
