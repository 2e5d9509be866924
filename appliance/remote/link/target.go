package link

import (
	"bytes"

	"pillarbox/appliance/remote/session"
)

// A Target is a server with all that a session needs.
type Target struct {
	Protocol string // "imap" or "pop3"
	Address  string // host:port
	Implicit bool   // TLS begins with the first octet; else STARTTLS
	Pin      string
	Bundle   string // file of roots; "": the system's
	Folders  []string
	Eras     []uint64 // of the folders, when messages of an earlier session are meant; else none
	Login    session.Login
	Ticket   []byte // of an earlier TLS session with the server; nil: none
}

func (t *Target) fields() [][]byte {
	list := [][]byte{
		[]byte(t.Protocol), []byte(t.Address), flag(t.Implicit), []byte(t.Pin), []byte(t.Bundle),
		[]byte(t.Login.User), []byte(t.Login.Secret), flag(t.Login.Token), t.Ticket,
	}
	for i, folder := range t.Folders {
		era := uint64(0)
		if i < len(t.Eras) {
			era = t.Eras[i]
		}
		list = append(list, []byte(folder), number(era))
	}
	return list
}

// mostFolders bounds the folders of an account.
const mostFolders = 64

func parseTarget(f fields) (t Target, err error) {
	t = Target{Protocol: f.text(), Address: f.text(), Implicit: f.number() == 1, Pin: f.text(), Bundle: f.text()}
	t.Login = session.Login{User: f.text(), Secret: f.text(), Token: f.number() == 1}
	t.Ticket = bytes.Clone(f.bytes())
	for f.more() && len(t.Folders) < mostFolders {
		t.Folders = append(t.Folders, f.text())
		t.Eras = append(t.Eras, f.number())
	}
	return t, f.end()
}
