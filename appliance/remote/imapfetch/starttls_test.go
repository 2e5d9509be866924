package imapfetch

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// TestNoTLS: a server that does not begin TLS, or sends something before it, gets no login.
func TestNoTLS(t *testing.T) {
	for _, tt := range []struct {
		name, greeting, answer string
		kind                   session.Kind
	}{
		{"STARTTLS was taken out", "* OK [CAPABILITY IMAP4rev1] ready", "t BAD unknown command", session.Certificate},
		{"refused", "* OK ready", "* OK wait\r\nt NO not now", session.Certificate},
		{"PREAUTH", "* PREAUTH ready", "", session.Certificate},
		{"answers before TLS", "* OK ready", "t OK go on\r\n* CAPABILITY IMAP4rev1", session.Certificate},
		{"busy", "* BYE too many connections", "", session.Busy},
		{"no answer to STARTTLS", "* OK ready", strings.Repeat("* OK wait\r\n", 100), session.Protocol},
		{"a line without an end", "* OK " + strings.Repeat("x", 5000), "", session.Protocol},
	} {
		t.Run(tt.name, func(t *testing.T) {
			near, far := net.Pipe()
			sent := make(chan string, 1)
			go func() {
				defer far.Close()
				io.WriteString(far, tt.greeting+"\r\n")
				in := bufio.NewReader(far)
				first, _ := in.ReadString('\n')
				io.WriteString(far, tt.answer+"\r\n")
				rest, _ := in.ReadString('\n')
				sent <- first + rest
			}()
			m, err := Open(near, &tls.Config{InsecureSkipVerify: true}, anna, []string{"INBOX"}, nil)
			near.Close()
			if e := session.As(err); m != nil || e == nil || e.Kind != tt.kind {
				t.Errorf("%v, want kind %d", err, tt.kind)
			}
			if got := <-sent; strings.Contains(got, "secret") || got != "" && got != "t STARTTLS\r\n" {
				t.Errorf("the client sent %q", got)
			}
		})
	}
}
