package smarthost

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A foreign server is a server of another project.
type foreign struct{ kind, address, mechanism string }

// login returns the login of anna: with a token if the mechanism takes one.
func (p foreign) login(right bool) Login {
	l, secret := Login{User: "anna"}, "wrong"
	token := strings.Contains(p.mechanism, "OAUTH")
	switch {
	case token && right:
		secret = os.Getenv("SMARTHOST_TOKEN")
	case right:
		secret = "a secret"
	}
	if token {
		l.Token = secret
	} else {
		l.Password = secret
	}
	return l
}

// open begins a session in which only one mechanism is offered.
func (p foreign) open(ctx context.Context, t *testing.T, right bool, config *tls.Config) (*Session, error) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{TLS: config, Implicit: p.kind == "465", Login: p.login(right), Hello: "[127.0.0.1]"}
	s := &Session{line: newLine(conn), options: o, timeouts: o.Timeouts.orDefaults()}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	err = p.logIn(ctx, s)
	if err != nil {
		s.abandon()
	}
	return s, err
}

// logIn is Session.open with another offer.
func (p foreign) logIn(ctx context.Context, s *Session) error {
	if s.options.Implicit {
		if err := s.handshake(ctx); err != nil {
			return err
		}
	}
	if _, err := s.line.reply(s.timeouts.Greeting); err != nil {
		return err
	}
	if err := s.hello(); err != nil {
		return err
	}
	if !s.secure {
		if err := s.startTLS(ctx); err != nil {
			return err
		}
	}
	if !slices.Contains(s.offers.Mechanisms, p.mechanism) {
		return fmt.Errorf("it offers %q", s.offers.Mechanisms)
	}
	s.offers.Mechanisms = []string{p.mechanism}
	return s.logIn()
}

// trusting trusts every certificate.
func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// TestPeer sends by a server of another project, if SMARTHOST_PEER names one: "465 HOST:PORT
// MECHANISM" or "587 HOST:PORT MECHANISM", which knows anna with "a secret" or the token
// SMARTHOST_TOKEN and takes mail for everybody but nobody and later; "silent HOST:PORT", which
// accepts and never says anything; or "dead HOST:PORT", which is not there. The server of
// SMARTHOST_SERVER is called opensmtpd if it sees no content.
func TestPeer(t *testing.T) {
	words := strings.Fields(os.Getenv("SMARTHOST_PEER"))
	if len(words) == 0 {
		t.Skip("SMARTHOST_PEER is not set")
	}
	p := foreign{kind: words[0], address: words[1]}
	switch {
	case p.kind == "dead":
		if _, err := net.Dial("tcp", p.address); !IsOffline(err) {
			t.Errorf("a server that is not there: %v", err)
		}
		return
	case p.kind == "silent":
		testSilent(t, p.address)
		return
	}
	p.mechanism = words[2]
	for name, config := range map[string]*tls.Config{"nobody signed it": {ServerName: "localhost"}, "another name": {ServerName: "smtp.example.net"}} {
		if _, err := p.open(t.Context(), t, true, config); !errors.Is(err, ErrHandshake) {
			t.Errorf("a certificate that is not trusted, %s: %v", name, err)
		}
	}
	if _, err := p.open(t.Context(), t, false, trusting()); !errors.Is(err, ErrLogin) {
		t.Errorf("a wrong password or token: %v", err)
	}
	s, err := p.open(t.Context(), t, true, trusting())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sendAll(t, s)
}

// testSilent: a server that hangs ends in an error.
func testSilent(t *testing.T, address string) {
	for _, implicit := range []bool{true, false} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{TLS: trusting(), Implicit: implicit, Login: Login{User: "anna", Password: "a secret"}, Timeouts: Timeouts{Greeting: time.Second}}
		if _, err := Open(t.Context(), conn, o); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) || IsOffline(err) {
			t.Errorf("a server that hangs: %v", err)
		}
	}
}

// sendAll sends messages that the server takes, refuses and defers, and one for which it takes its
// time.
func sendAll(t *testing.T, s *Session) {
	t.Logf("it offers %+v", s.Offers())
	content := os.Getenv("SMARTHOST_SERVER") != "opensmtpd"
	for n, row := range []struct{ subject, body, want string }{
		{"plain", "..dots\r\n" + strings.Repeat("x", 900) + "\r\n", "sent failed deferred sent"},
		{"large", strings.Repeat(strings.Repeat("y", 76)+"\r\n", 12_000), "sent failed deferred sent"},
		{"refuse", "", "failed failed deferred failed"},
		{"Grüße", "ä\r\n", "sent failed deferred sent"},
	} {
		if row.subject == "refuse" && !content {
			row.want = "sent failed deferred sent"
		}
		text := "From: anna@example.org\r\nSubject: " + row.subject + "\r\n\r\n" + row.body + ".\r\n"
		m := &Message{
			From: "anna@example.org", Octets: int64(len(text)), UTF8: !isASCII(text) && s.Offers().UTF8, Return: "HDRS", EnvelopeID: fmt.Sprint("a+", n),
			To: []Recipient{
				{Address: "bob@example.net", Notify: "FAILURE", Original: "rfc822;b=b@example.net"},
				{Address: "nobody@example.net"}, {Address: "later@example.net"}, {Address: "slow@example.net"},
			},
			Body: func() (io.Reader, int64, error) { return strings.NewReader(text), int64(len(text)), nil },
		}
		results, err := s.Send(m)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			got = append(got, r.Outcome.String())
			t.Log(r.Reply)
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %q, want %q", row.subject, got, row.want)
		}
	}
}
