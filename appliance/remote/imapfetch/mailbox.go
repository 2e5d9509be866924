package imapfetch

import (
	"errors"
	"net"
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

// cause replaces an error of the client by that of the connection, if it broke.
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
