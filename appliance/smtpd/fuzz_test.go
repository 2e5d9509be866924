package smtpd_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
)

// FuzzSession: whatever a client sends in any phase, the session ends when the client closes the
// connection, every line it reads is a reply, and every delivery is ended and complete.
func FuzzSession(f *testing.F) {
	for phase := range reach {
		for _, text := range []string{
			"EHLO x\r\nMAIL FROM:<a@b> SIZE=3 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<anna>\r\nDATA\r\n..\n.\r\r\n.\r\nQUIT\r\n",
			"BDAT 3\r\nabcBDAT 2 LAST\r\nde\r\nRSET\r\n", "AUTH LOGIN\r\nYW5uYQ==\r\n*\r\nAUTH PLAIN =\r\n",
			"MAIL FROM:<bert> ENVID=a+2B\r\nRCPT TO:<anna> NOTIFY=SUCCESS ORCPT=rfc822;x\r\nDATA\r\n..\r\n\r\n.\r\n", "RCPT TO:<@a,@b:\"x y\"@home.arpa>\r\nVRFY x\r\nHELP\r\nNOOP\n\x00", "GET / HTTP/1.1\r\n\r\n", "STARTTLS\r\n",
		} {
			f.Add(uint8(phase), false, []byte(text))
			f.Add(uint8(phase), true, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, phase uint8, lmtp bool, text []byte) {
		h := new(backend)
		server, _ := newServer(h)
		server.LMTP = lmtp
		server.MaxMessage = 2000
		server.Limits = smtpd.Limits{Recipients: 5, Mistakes: 10, Commands: 50}
		before := reach[int(phase)%len(reach)].lines
		if lmtp {
			before = strings.Replace(before, "HELO", "LHLO", 1)
		}
		client, conn := net.Pipe()
		over := make(chan struct{})
		replies := make(chan []byte)
		go func() {
			defer close(over)
			server.ServeConn(context.Background(), conn, false)
		}()
		go func() {
			all, _ := io.ReadAll(client)
			replies <- all
		}()
		client.Write([]byte(before))
		client.Write(text)
		client.Close()
		<-over
		checkReplies(t, <-replies)
		if h.begun != h.ended {
			t.Errorf("%d deliveries begun, %d ended", h.begun, h.ended)
		}
		for _, m := range h.messages() {
			if !strings.HasSuffix(m.wire, "\r\n.\r\n") || strings.Count(m.wire, "\r") != strings.Count(m.wire, "\r\n") ||
				strings.Count(m.wire, "\n") != strings.Count(m.wire, "\r\n") || strings.Count(m.wire, "\r\n.\r\n") != 1 {
				t.Errorf("kept %q", m.wire)
			}
		}
	})
}

// checkReplies checks for three digits, a space or a hyphen, and nothing outside of ASCII.
func checkReplies(t *testing.T, replies []byte) {
	t.Helper()
	for line := range bytes.SplitAfterSeq(replies, []byte("\n")) {
		if len(line) == 0 || !bytes.HasSuffix(line, []byte("\n")) {
			continue // the client closed the connection in the middle of it
		}
		if len(line) < 6 || line[0] < '2' || line[0] > '5' || line[3] != ' ' && line[3] != '-' || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("replies %q", line)
		}
		for _, c := range line[:len(line)-2] {
			if c < ' ' || c > '~' {
				t.Errorf("replies %q", line)
			}
		}
	}
}
