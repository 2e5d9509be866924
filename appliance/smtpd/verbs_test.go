package smtpd_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
)

// reach has the lines that lead to each phase of a session.
var reach = []struct{ phase, lines string }{
	{"fresh", ""},
	{"greeted", "HELO client\r\n"},
	{"mailing", "HELO client\r\nMAIL FROM:<>\r\n"},
	{"addressed", "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\n"},
	{"chunking", "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0\r\n"},
	{"after a mail", "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\n"},
}

// TestEveryVerbInEveryPhase: the codes are those in each phase of reach, in its order.
func TestEveryVerbInEveryPhase(t *testing.T) {
	tests := []struct{ line, codes string }{
		{"EHLO client", "250 250 250 250 250 250"},
		{"HELO client", "250 250 250 250 250 250"},
		{"HELO", "250 250 250 250 250 250"},
		{"LHLO client", "500 500 500 500 500 500"},
		{"MAIL FROM:<>", "503 250 503 503 503 250"},
		{"MAIL", "503 501 503 503 503 501"},
		{"RCPT TO:<anna>", "503 503 250 250 503 503"},
		{"RCPT TO:<nobody>", "503 503 550 550 503 503"},
		{"DATA", "503 503 503 354 503 503"},
		{"DATA x", "503 503 503 501 503 503"},
		{"BDAT 0", "503 503 503 250 250 503"},
		{"BDAT 0 LAST", "503 503 503 250 250 503"},
		{"BDAT x", "501 501 501 501 501 501"},
		{"RSET", "250 250 250 250 250 250"},
		{"VRFY anna", "252 252 252 252 252 252"},
		{"EXPN all", "502 502 502 502 502 502"},
		{"HELP", "214 214 214 214 214 214"},
		{"NOOP", "250 250 250 250 250 250"},
		{"QUIT", "221 221 221 221 221 221"},
		{"STARTTLS", "502 502 503 503 503 502"},
		{"AUTH PLAIN AGFubmEAYSBzZWNyZXQ=", "503 235 503 503 503 235"},
		{"AUTH GSSAPI", "503 504 503 503 503 504"},
		{"GET / HTTP/1.1", "421 421 421 421 421 421"},
		{"ETRN x", "502 502 502 502 502 502"},
		{"", "500 500 500 500 500 500"},
	}
	for _, tt := range tests {
		for i, want := range strings.Fields(tt.codes) {
			t.Run(fmt.Sprintf("%q %s", tt.line, reach[i].phase), func(t *testing.T) {
				server, _ := newServer(new(backend))
				replies := say(t, server, reach[i].lines+tt.line+"\r\n")
				// The reply in question follows the greeting and a reply to each line of reach.
				got := replies[1+strings.Count(reach[i].lines, "\n")]
				if got[:3] != want {
					t.Errorf("got %q, want %s", got, want)
				}
			})
		}
	}
}

// say runs one session whose client sends text at once and then shuts down its half. It returns the
// last line of each reply.
func say(t *testing.T, server *smtpd.Server, text string) (replies []string) {
	t.Helper()
	client := pop3test.Serve(t, server.ServeConn, false)().(*net.TCPConn)
	defer client.Close()
	client.Write([]byte(text))
	client.CloseWrite()
	for s := bufio.NewScanner(client); s.Scan(); {
		if s.Text()[3] == ' ' {
			replies = append(replies, s.Text())
		}
	}
	return replies
}
