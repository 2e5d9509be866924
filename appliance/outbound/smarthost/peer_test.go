package smarthost

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
)

// TestPeer sends by a server of another project, if SMARTHOST_PEER names one: "465 HOST:PORT" or
// "587 HOST:PORT", which knows anna with "a secret" and takes mail for everybody but nobody and
// later.
func TestPeer(t *testing.T) {
	kind, addr, ok := strings.Cut(os.Getenv("SMARTHOST_PEER"), " ")
	if !ok {
		t.Skip("SMARTHOST_PEER is not set")
	}
	open := func(password string) (*Session, error) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return Open(t.Context(), conn, Options{TLS: &tls.Config{InsecureSkipVerify: true}, Implicit: kind == "465", Login: Login{User: "anna", Password: password}})
	}
	if _, err := open("wrong"); err == nil || !strings.Contains(err.Error(), ErrLogin.Error()) {
		t.Errorf("wrong password: %v", err)
	}
	s, err := open("a secret")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Logf("it offers %+v", s.Offers())
	for n, row := range []struct{ subject, body, want string }{
		{"plain", "..dots\r\n" + strings.Repeat("x", 900) + "\r\n", "sent failed deferred sent"},
		{"large", strings.Repeat(strings.Repeat("y", 76)+"\r\n", 12_000), "sent failed deferred sent"},
		{"refuse", "", "failed failed deferred failed"},
		{"Grüße", "ä\r\n", "sent failed deferred sent"},
	} {
		text := "From: anna@example.org\r\nSubject: " + row.subject + "\r\n\r\n" + row.body + ".\r\n"
		m := &Message{
			From: "anna@example.org", Octets: int64(len(text)), UTF8: !isASCII(text) && s.Offers().UTF8, Return: "HDRS", EnvelopeID: fmt.Sprint("a+", n),
			To: []Recipient{
				{Address: "bob@example.net", Notify: "FAILURE", Original: "rfc822;b=b@example.net"},
				{Address: "nobody@example.net"}, {Address: "later@example.net"}, {Address: "carol@example.net"},
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
