package appliance

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/logging"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3"
	"pillarbox/pop3/wire"
)

// mostLines is how many lines a flood of one kind of event from one client may write in a minute.
const mostLines = 100

// refuser is an smtpd.Authenticator that refuses every login.
type refuser struct{}

func (refuser) Authenticate(context.Context, smtpd.Credentials) (string, error) {
	return "", smtpd.ErrAuth
}

// A lanConn is a connection of a client in the LAN.
type lanConn struct{ net.Conn }

func (lanConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.0.0.1:4711"))
}

// An intakeStub is a smtpd.Router and smtpd.Spooler of a server that stores what is for anna.
type intakeStub struct{}

func (intakeStub) Mailboxes(_ context.Context, to smtpd.Path, _ *smtpd.Envelope) ([]string, error) {
	switch to.Local {
	case "anna":
		return []string{"anna"}, nil
	case "otto":
		return nil, smtpd.ErrForeign
	}
	return nil, smtpd.ErrUnknown
}

func (intakeStub) Room(context.Context, *smtpd.Envelope) error { return nil }

func (intakeStub) Begin(context.Context, *smtpd.Envelope, []smtpd.Recipient) (smtpd.Delivery, error) {
	return intakeStub{}, nil
}

func (intakeStub) Write(p []byte) (int, error) { return len(p), nil }

func (intakeStub) Commit(_ context.Context, shape wire.Shape) error {
	if shape.Octets > 1000 {
		return errors.New("the device failed")
	}
	return nil
}

func (intakeStub) Abort() {}

// A logFlood is what one client does again and again.
type logFlood struct {
	name, event string // that is among the lines
	tls         bool
	says        string
	sessions    int
}

// TestSMTPFloodsOfTheLog: a flood of each kind of event from one client over SMTP writes at most
// mostLines in a minute, sums included.
func TestSMTPFloodsOfTheLog(t *testing.T) {
	identity := base64.StdEncoding.EncodeToString([]byte("otto\x00anna\x00x"))
	hello := "EHLO x\r\n"
	mail := hello + "MAIL FROM:<carla@example.org>\r\n"
	anna := "RCPT TO:<anna>\r\n"
	for _, tt := range []logFlood{
		{name: "QUIT", event: "session ended without delivery", says: "QUIT\r\n", sessions: 2000},
		{name: "nothing", event: "session ended without delivery", says: "", sessions: 2000},
		{name: "a hello", event: "session ended without delivery", says: hello + "NOOP\r\nQUIT\r\n", sessions: 2000},
		{name: "a foreign authorization identity", event: "login failed", says: hello + strings.Repeat("AUTH PLAIN "+identity+"\r\n", 4), sessions: 400},
		{name: "a wrong password", event: "login failed", says: hello + strings.Repeat("AUTH PLAIN AGFubmEAdHlwbw==\r\n", 4), sessions: 400},
		{name: "a mechanism that there is not", event: "login failed", says: hello + strings.Repeat("AUTH X\r\n", 4), sessions: 400},
		{name: "refused MAIL", event: "sender refused", says: hello + strings.Repeat("MAIL FROM:<a@b> SIZE=99999999999\r\n", 50), sessions: 40},
		{name: "relay attempts", event: "recipient refused", says: mail + strings.Repeat("RCPT TO:<otto@gmail.example>\r\n", 50), sessions: 40},
		{name: "unknown recipients", event: "recipient refused", says: mail + strings.Repeat("RCPT TO:<nobody>\r\n", 50), sessions: 40},
		{name: "DATA out of order", event: "message refused", says: hello + strings.Repeat("DATA\r\n", 9), sessions: 200},
		{name: "messages that cannot be stored", event: "message refused", says: mail + anna + "DATA\r\n" + strings.Repeat(strings.Repeat("a", 99)+"\r\n", 20) + ".\r\n", sessions: 1000},
		{name: "messages", event: "delivery committed", says: mail + anna + "DATA\r\n\r\n.\r\n", sessions: 1000},
		{name: "messages in one session", event: "delivery committed", says: hello + strings.Repeat(strings.TrimPrefix(mail, hello)+anna+"BDAT 2 LAST\r\n\r\n", 1000), sessions: 1},
		{name: "TLS that fails", event: "TLS handshake failed", tls: true, says: "GET / HTTP/1.1\r\n", sessions: 1000},
	} {
		for _, local := range []bool{false, true} {
			tt.run(t, local, func(a *Appliance) listen.Server {
				return &smtpd.Server{Hostname: "nas", Auth: refuser{}, Router: intakeStub{}, Spooler: intakeStub{}, Log: a.log,
					PlaintextAuth: func(netip.Addr) bool { return true }, TLS: new(tls.Config), Handshake: listen.Handshaker{Clients: a.clients, Log: a.log}.Over(listen.SMTP)}
			})
		}
	}
}

// A popRefuser is a pop3.Authenticator that refuses every login.
type popRefuser struct{}

func (popRefuser) Authenticate(context.Context, pop3.Credentials) (string, error) {
	return "", pop3.ErrAuth
}

// TestPOP3FloodsOfTheLog is the same over POP3.
func TestPOP3FloodsOfTheLog(t *testing.T) {
	for _, tt := range []logFlood{
		{name: "a wrong password", event: "login failed", says: strings.Repeat("USER anna\r\nPASS x\r\n", 5), sessions: 400},
		{name: "AUTH", event: "login failed", says: strings.Repeat("AUTH PLAIN AGFubmEAeA==\r\n", 5), sessions: 400},
		{name: "bad commands", event: "session ended without login", says: strings.Repeat("X\r\n", 20), sessions: 1000},
		{name: "TLS that fails", event: "TLS handshake failed", tls: true, says: "USER anna\r\n", sessions: 1000},
	} {
		tt.run(t, false, func(a *Appliance) listen.Server {
			return &pop3.Server{Hostname: "nas", Auth: popRefuser{}, Log: a.log,
				PlaintextAuth: func(netip.Addr) bool { return true }, TLS: new(tls.Config), Handshake: listen.Handshaker{Clients: a.clients, Log: a.log}.Over(listen.POP3)}
		})
	}
}

// run counts the lines of a flood, in a minute that ends with it.
func (f logFlood) run(t *testing.T, local bool, serve func(*Appliance) listen.Server) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		clients := access.NewTable()
		a := &Appliance{clients: clients, log: logging.New(logging.Plain{Writer: &out}, new(logging.Level), clients)}
		by := serve(a)
		for range f.sessions {
			client, conn := net.Pipe()
			if !local {
				conn = lanConn{conn}
			}
			go func() {
				go io.Copy(io.Discard, client)
				io.WriteString(client, f.says)
				client.Close()
			}()
			by.ServeConn(t.Context(), conn, f.tls)
		}
		time.Sleep(time.Minute) // then the sums are written
		synctest.Wait()
		text := out.String()
		lines, sums := strings.Count(text, "\n"), strings.Count(text, "left out")
		events := strings.Count(text, " "+f.event+" ")
		if events == 0 || sums == 0 || lines > mostLines {
			t.Errorf("%s, local %v: %d lines, %d of the event, %d sums:\n%s", f.name, local, lines, events, sums, text[:min(len(text), 2000)])
		}
	})
}

// TestRefusedFromManyAddresses: a client that takes a new address for each connection that is
// refused does not cause a line each.
func TestRefusedFromManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		clients := access.NewTable()
		a := &Appliance{clients: clients, log: logging.New(logging.Plain{Writer: &out}, new(logging.Level), clients)}
		door := listen.NewAcceptor(clients, a.log, a.listenRules, func() {})
		defer door.Close()
		for n := range 100 * access.FloodOfClient {
			from := netip.MustParseAddr(fmt.Sprintf("fd00:1::%x", n/access.FloodOfClient))
			door.Refused(&listen.Listener{Protocol: listen.POP3}, access.ClientAt(from), "not in allow")
		}
		a.log.Sync()
		if got := strings.Count(out.String(), "\n"); got > mostLines {
			t.Errorf("%d lines, want %d at most", got, mostLines)
		}
	})
}

// TestWarningsDespiteAFlood: a client whose lines are left out does not hide the warnings about it.
func TestWarningsDespiteAFlood(t *testing.T) {
	var out strings.Builder
	clients := access.NewTable()
	a := &Appliance{state: t.TempDir(), clients: clients, log: logging.New(logging.Plain{Writer: &out}, new(logging.Level), clients)}
	a.logins = logins{clients: clients, rules: a.accessRules, state: a.state, log: a.log}
	if err := a.logins.open(make([]byte, access.SecretSize), nil); err != nil {
		t.Fatal(err)
	}
	client := access.ClientAt(netip.MustParseAddr("10.0.0.1"))
	door := listen.NewAcceptor(clients, a.log, a.listenRules, func() {})
	defer door.Close()
	for range access.FloodOfClient {
		door.Refused(&listen.Listener{Protocol: listen.SMTP}, client, "not in allow")
		a.log.Info("login failed", zap.Stringer("remote", client))
	}
	a.logins.Alarm("anna", client, 20)
	for _, want := range []string{"warn  many connections without a login remote=10.0.0.1 ", "user=anna remote=10.0.0.1 failures=20"} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q is not once in the log:\n%s", want, out.String())
		}
	}
}
