package imapfetch

import (
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/remote/session"
)

// A Mailbox is one session. It is used by one goroutine.
type Mailbox struct {
	client   *imapclient.Client
	line     *line
	folders  []folder
	selected int // index of folders plus 1; 0: none
	writable bool
	buffer   [8 << 10]byte // for content, so that a piece leaves no buffer of its own behind
	gmail    bool
	scheme   scheme // what messages are called by
	most     uint32 // that are listed by one command
	trash    string // where Gmail has what is deleted
}

// A folder is one of those that are read.
type folder struct {
	name     string // on the server
	label    string // as messages of it are shown; "": the inbox
	validity uint32 // UIDVALIDITY as it was listed
}

// A scheme is an item of FETCH that names a message, whatever folders it is in.
type scheme struct{ item, word string }

// failed turns the error of a command into one of a session.
func failed(what string, err error, login bool) error {
	var no *imap.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &no):
		return err
	case no.Type == imap.StatusResponseTypeBye:
		return session.Reply(what, "UNAVAILABLE", no.Text, false)
	}
	code := string(no.Code)
	if code == string(imap.ResponseCodeAuthorizationFailed) || code == string(imap.ResponseCodeExpired) {
		code = "AUTH"
	}
	return session.Reply(what, code, strings.TrimSpace(no.Text), login)
}

// cause replaces an error of the client by the error of the connection, if it broke.
func (m *Mailbox) cause(err *error) {
	var e *session.Error
	if *err == nil || errors.As(*err, &e) {
		return
	}
	m.line.mu.Lock()
	defer m.line.mu.Unlock()
	if m.line.broken != nil {
		*err = m.line.broken
	}
	if errors.Is(*err, net.ErrClosed) { // the client itself has closed the connection
		*err = session.Errorf(session.Protocol, "the server breaks the protocol: an answer to nothing")
	}
}

// uses are the folders that are meant by their use (RFC 6154), and the names that servers without
// that extension have for them.
var uses = map[string]struct {
	attr  imap.MailboxAttr
	names []string
}{
	"junk":  {imap.MailboxAttrJunk, []string{"Junk", "Spam", "Junk E-mail", "Junk Email", "Bulk Mail", "Bulk", "Spamverdacht"}},
	"sent":  {imap.MailboxAttrSent, []string{"Sent", "Sent Items", "Sent Messages", "Sent Mail", "Gesendet", "Gesendete Objekte"}},
	"trash": {imap.MailboxAttrTrash, []string{"Trash", "Deleted Items", "Papierkorb"}},
}

// find looks for the folders on the server.
func (m *Mailbox) find(wanted []string) error {
	if !m.gmail && len(wanted) == 1 && strings.EqualFold(wanted[0], "INBOX") {
		m.folders = []folder{{name: "INBOX"}}
		return nil
	}
	options := &imap.ListOptions{ReturnSpecialUse: m.client.Caps().Has(imap.CapSpecialUse)}
	list, err := m.client.List("", "*", options).Collect()
	if err != nil {
		return failed("LIST", err, false)
	}
	if m.gmail {
		m.trash, _ = named(list, "Trash")
	}
	for _, want := range wanted {
		name, ok := named(list, want)
		if !ok {
			return session.Errorf(session.Protocol, "the server has no folder %q; it has %s", want, names(list))
		}
		label := name
		if strings.EqualFold(name, "INBOX") {
			label = ""
		}
		m.folders = append(m.folders, folder{name: name, label: label})
	}
	return nil
}

// named returns the name of a folder on the server: the folder of that use, else that of the name.
func named(list []*imap.ListData, want string) (name string, found bool) {
	if strings.EqualFold(want, "INBOX") {
		return "INBOX", true
	}
	use := uses[strings.ToLower(want)]
	for _, f := range list {
		if use.attr != "" && slices.Contains(f.Attrs, use.attr) {
			return f.Mailbox, true
		}
	}
	for _, candidate := range append([]string{want}, use.names...) {
		for _, f := range list {
			if strings.EqualFold(f.Mailbox, candidate) && !slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) {
				return f.Mailbox, true
			}
		}
	}
	return "", false
}

// names lists some folders for an error.
func names(list []*imap.ListData) string {
	var all []string
	for _, f := range list {
		all = append(all, f.Mailbox)
	}
	if len(all) > 20 {
		all = append(all[:20], "...")
	}
	return strings.Join(all, ", ")
}

// open selects a folder, read-only unless writable.
func (m *Mailbox) open(i int, writable bool) (*imap.SelectData, error) {
	m.selected = 0
	data, err := m.client.Select(m.folders[i].name, &imap.SelectOptions{ReadOnly: !writable}).Wait()
	if err != nil {
		return nil, failed("SELECT "+m.folders[i].name, err, false)
	}
	m.selected, m.writable = i+1, writable
	return data, nil
}

// reach makes the folder of a message the selected one. It fails if the server has renumbered the
// folder since it was listed.
func (m *Mailbox) reach(ref uint64) (uid imap.UID, err error) {
	i := int(ref >> 32)
	if i >= len(m.folders) {
		return 0, session.Errorf(session.Protocol, "there is no message %d", ref)
	}
	if m.selected != i+1 || !m.writable {
		data, err := m.open(i, true)
		if err != nil {
			return 0, err
		}
		if data.UIDValidity != m.folders[i].validity {
			return 0, session.Errorf(session.Protocol, "the folder %s was renumbered during the session", m.folders[i].name)
		}
	}
	return imap.UID(ref), nil
}

// ownTrace is in the Received field of what this server sends (package smtpd).
const ownTrace = "by localhost (pillarbox)"

// Find reports whether one of the folders has a message with a Message-ID that this server has
// sent: the copy that a mail client leaves there itself has no trace of it, and says nothing.
func (m *Mailbox) Find(messageID string) (_ bool, err error) {
	defer m.cause(&err)
	criteria := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{
		{Key: "Message-ID", Value: messageID}, {Key: "Received", Value: ownTrace},
	}}
	for i := range m.folders {
		if _, err := m.open(i, false); err != nil {
			return false, err
		}
		data, err := m.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return false, failed("SEARCH", err, false)
		}
		if len(data.AllUIDs()) > 0 {
			return true, nil
		}
	}
	return false, nil
}
