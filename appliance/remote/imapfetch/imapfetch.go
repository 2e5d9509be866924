package imapfetch

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/remote/login"
	"pillarbox/appliance/remote/session"
)

// A Mailbox is one session. It is used by one goroutine.
type Mailbox struct {
	client   *imapclient.Client
	line     *line
	folders  []folder
	selected int // index of folders plus 1; 0: none
	writable bool
	gmail    bool
	trash    string // where Gmail has what is deleted
}

// A folder is one of those that are read.
type folder struct {
	name     string // on the server
	label    string // as messages of it are shown; "": the inbox
	validity uint32 // UIDVALIDITY as it was listed
}

// Open logs in over a connection that has TLS, or gets it by STARTTLS with config if that is not
// nil. eras are the UIDVALIDITY of the folders in an earlier session whose messages are to be read
// without a listing; 0 or none: there was no such session.
func Open(conn net.Conn, config *tls.Config, l session.Login, folders []string, eras []uint64) (*Mailbox, error) {
	m := &Mailbox{line: &line{Conn: conn, token: l.Token}}
	if config == nil {
		m.client = imapclient.New(m.line, nil)
	} else {
		c, err := imapclient.NewStartTLS(m.line, &imapclient.Options{TLSConfig: config})
		if err != nil {
			return nil, noTLS(err)
		}
		m.client = c
	}
	if err := m.login(l); err != nil {
		m.client.Close()
		return nil, err
	}
	if err := m.find(folders); err != nil {
		m.client.Close()
		return nil, err
	}
	for i := range m.folders {
		if i < len(eras) {
			m.folders[i].validity = uint32(eras[i])
		}
	}
	return m, nil
}

// noTLS returns the error of STARTTLS: what the certificate lacks, or that there is no TLS.
func noTLS(err error) error {
	var e *session.Error
	var no *imap.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &no):
		return session.Errorf(session.Certificate, "the server refused TLS (STARTTLS): %s; nothing was sent without TLS", session.Printable(no.Text))
	}
	return err
}

func (m *Mailbox) login(l session.Login) error {
	if err := m.client.WaitGreeting(); err != nil {
		return failed("greeting", err, false)
	}
	if m.client.State() == imap.ConnStateAuthenticated { // PREAUTH
		return nil
	}
	caps, err := m.client.Capability().Wait() // those of before TLS do not count
	if err != nil {
		return failed("CAPABILITY", err, false)
	}
	mechanism := login.Choose(l, caps.AuthMechanisms())
	switch {
	case mechanism != nil:
		if l.Token { // some servers do not take a command with a whole token in it
			delete(m.client.Caps(), imap.CapSASLIR)
		}
		err = m.client.Authenticate(mechanism)
	case l.Token:
		return session.Errorf(session.Auth, "the server does not offer a login with OAuth 2.0")
	case caps.Has(imap.CapLoginDisabled):
		return session.Errorf(session.Auth, "the server does not offer a login with a password")
	default:
		err = m.client.Login(l.User, l.Secret).Wait()
	}
	if err != nil {
		return login.Explain(mechanism, failed("login", err, true))
	}
	m.gmail = m.client.Caps().Has("X-GM-EXT-1")
	return nil
}

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

// A line is the connection under the client, whose errors do not say how it broke.
type line struct {
	net.Conn
	broken atomic.Pointer[error] // the first error of Read
	token  bool                  // the login is by a token
}

// Write writes what the client sends. The client has "=" for every empty response; that is right
// in a command (RFC 4959), and a fault in the answer to a server that refuses a token.
func (l *line) Write(p []byte) (int, error) {
	if l.token && string(p) == "=\r\n" {
		_, err := l.Conn.Write(p[1:])
		return len(p), err
	}
	return l.Conn.Write(p)
}

func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if err != nil {
		l.broken.CompareAndSwap(nil, &err)
	}
	return n, err
}

// cause replaces an error of the client by that of the connection, if it broke.
func (m *Mailbox) cause(err *error) {
	var e *session.Error
	if *err == nil || errors.As(*err, &e) {
		return
	}
	if broken := m.line.broken.Load(); broken != nil {
		*err = *broken
	}
}

// Close logs out.
func (m *Mailbox) Close() error {
	select {
	case <-m.client.Closed(): // the line is broken
		return session.Errorf(session.Network, "the connection was broken")
	default:
	}
	err := m.client.Logout().Wait()
	m.client.Close() // reports how the connection ended
	return failed("LOGOUT", err, false)
}
