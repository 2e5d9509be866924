package imapfetch

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/remote/login"
	"pillarbox/appliance/remote/session"
)

// Open logs in over a connection that has TLS, or gets it by STARTTLS with config if that is not
// nil. eras are the UIDVALIDITY of the folders in an earlier session whose messages are to be read
// without a listing; 0 or none: there was no such session.
func Open(conn net.Conn, config *tls.Config, l session.Login, folders []string, eras []uint64) (_ *Mailbox, err error) {
	greeting := ""
	if config != nil {
		if conn, err = startTLS(conn, config); err != nil {
			return nil, err
		}
		greeting = "* OK STARTTLS\r\n" // the client waits for one, and the server has sent it before
	}
	m := &Mailbox{line: newLine(conn, greeting), most: pieceOf}
	m.line.token = l.Token
	m.client = imapclient.New(m.line, nil)
	defer func() {
		if err != nil {
			m.cause(&err)
			m.client.Close()
		}
	}()
	if err := m.login(l); err != nil {
		return nil, err
	}
	if err := m.find(folders); err != nil {
		return nil, err
	}
	for i := range m.folders {
		if i < len(eras) {
			m.folders[i].validity = uint32(eras[i])
		}
	}
	return m, nil
}

func (m *Mailbox) login(l session.Login) error {
	if err := m.client.WaitGreeting(); err != nil {
		return failed("greeting", err, false)
	}
	if m.client.State() == imap.ConnStateAuthenticated { // PREAUTH
		m.offers(m.client.Caps())
		return nil
	}
	caps, err := m.client.Capability().Wait() // those of before TLS do not count
	if err != nil {
		return failed("CAPABILITY", err, false)
	}
	mechanism := login.Choose(l, caps.AuthMechanisms())
	switch {
	case mechanism != nil:
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
	m.offers(m.client.Caps())
	return nil
}

var (
	gmail  = scheme{"X-GM-MSGID", "gmail"}
	object = scheme{"EMAILID", "object"} // RFC 8474
)

// offers reads what the server can do.
func (m *Mailbox) offers(caps imap.CapSet) {
	m.gmail = caps.Has("X-GM-EXT-1")
	switch {
	case m.gmail:
		m.scheme = gmail
	case caps.Has(imap.CapObjectID):
		m.scheme = object
	}
	for name := range caps {
		if text, ok := strings.CutPrefix(string(name), "MESSAGELIMIT="); ok { // RFC 9738
			if limit, err := strconv.ParseUint(text, 10, 32); err == nil && limit > 0 {
				m.most = min(m.most, uint32(limit))
			}
		}
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

// mostBefore bounds the lines that a server sends before TLS.
const mostBefore = 32

// startTLS reads the greeting and changes to TLS (RFC 9051 §6.2.1). Nothing that was received
// before is used after it. It is not that of the client, which would put the limits of a line below
// TLS.
func startTLS(conn net.Conn, config *tls.Config) (net.Conn, error) {
	in := bufio.NewReaderSize(conn, 4096)
	greeting, err := plainLine(in)
	upper := strings.ToUpper(greeting)
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(upper, "* BYE"):
		return nil, session.Reply("greeting", "UNAVAILABLE", greeting[2:], false)
	case !strings.HasPrefix(upper, "* OK"): // PREAUTH: nothing would be secret any more
		return nil, session.Errorf(session.Certificate, "the server does not begin with a login: %s; nothing was sent without TLS", session.Printable(greeting))
	}
	if _, err := io.WriteString(conn, "t STARTTLS\r\n"); err != nil {
		return nil, err
	}
	for range mostBefore {
		answer, err := plainLine(in)
		if err != nil {
			return nil, err
		}
		rest, tagged := strings.CutPrefix(answer, "t ")
		switch {
		case !tagged:
			continue
		case !strings.HasPrefix(strings.ToUpper(rest), "OK"):
			return nil, session.Errorf(session.Certificate, "the server refused TLS (STARTTLS): %s; nothing was sent without TLS", session.Printable(rest))
		case in.Buffered() > 0:
			return nil, session.Errorf(session.Certificate, "the server sent something between STARTTLS and TLS; nothing was sent")
		}
		secure := tls.Client(conn, config)
		return secure, secure.Handshake()
	}
	return nil, session.Errorf(session.Protocol, "the server breaks the protocol: no answer to STARTTLS in %d lines", mostBefore)
}

// plainLine reads a line before TLS.
func plainLine(in *bufio.Reader) (string, error) {
	text, err := in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return "", session.Errorf(session.Protocol, "the server breaks the protocol: a line of more than %d octets", in.Size())
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
