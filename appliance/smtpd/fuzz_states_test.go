package smtpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
)

// states are the states in which a session can receive unexpected input, and the lines that lead
// there. If tls is set, these lines are sent after STARTTLS and a handshake, and others before it.
var states = []struct {
	state     string
	lmtp, tls bool
	lines     string
}{
	{"before hello", false, false, ""},
	{"after hello", false, false, "EHLO client\r\n"},
	{"after MAIL", false, false, "EHLO client\r\nMAIL FROM:<>\r\n"},
	{"after RCPT", false, false, "EHLO client\r\nMAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<anna>\r\n"},
	{"in the mail", false, false, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n"},
	{"in the mail, behind CR", false, false, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\nx\r\n.\r"},
	{"between chunks", false, false, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 2\r\nab"},
	{"in a chunk", false, false, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 20 LAST\r\nab"},
	{"after a mail", false, false, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\n"},
	{"within AUTH PLAIN", false, false, "EHLO client\r\nAUTH PLAIN\r\n"},
	{"within AUTH LOGIN", false, false, "EHLO client\r\nAUTH LOGIN\r\nYW5uYQ==\r\n"},
	{"logged in", false, false, "EHLO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n"},
	{"after STARTTLS", false, true, ""},
	{"after STARTTLS, after hello", false, true, "EHLO client\r\n"},
	{"after STARTTLS, in the mail", false, true, "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n"},
	{"LMTP", true, false, "LHLO client\r\n"},
	{"LMTP, two recipients", true, false, "LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nRCPT TO:<bert>\r\n"},
	{"LMTP, in the mail of two", true, false, "LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nRCPT TO:<bert>\r\nDATA\r\n"},
	{"LMTP, behind STARTTLS", true, true, "LHLO client\r\n"},
}

// secured sends what precedes a handshake, and does the handshake.
func secured(t *testing.T, client net.Conn, lmtp bool) net.Conn {
	in := bufio.NewReader(client)
	hello := "EHLO mallory\r\n"
	if lmtp {
		hello = "LHLO mallory\r\n"
	}
	go io.WriteString(client, hello+"AUTH PLAIN\r\n*\r\nSTARTTLS\r\n")
	for line := ""; !strings.HasPrefix(line, "220 2.0.0 "); {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatalf("no TLS: %v", err)
		}
	}
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// FuzzSessionFromState: whatever a client sends from any state, in the clear or after a real
// handshake, every line it reads is a reply, and every delivery is ended and complete.
func FuzzSessionFromState(f *testing.F) {
	for state := range states {
		for _, text := range []string{
			".\r\nQUIT\r\n", "..\n.\r\r\n.\r\nMAIL FROM:<a@b>\r\nRSET\r\n", "BDAT 3 LAST\r\nabcNOOP\r\n", "RCPT TO:<bert>\r\nDATA\r\nx\r\n.\r\n",
			"*\r\nAGFubmEAYSBzZWNyZXQ=\r\nSTARTTLS\r\n", "\x00\r\n", "MAIL FROM:<x>\r\nRCPT TO:<anna>\r\nDATA\r\n\n.\nRSET\r\n\r\n.\r\n",
		} {
			f.Add(uint8(state), []byte(text))
		}
	}
	config := pop3test.TLS(f, "")
	f.Fuzz(func(t *testing.T, state uint8, text []byte) {
		from := states[int(state)%len(states)]
		h := new(backend)
		server, _ := newServer(h)
		server.LMTP, server.TLS = from.lmtp, config
		server.MaxMessage = 2000
		server.Limits = smtpd.Limits{Recipients: 5, Mistakes: 10, Commands: 50}
		client, far := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			server.ServeConn(context.Background(), far, false)
		}()
		conn := client
		if from.tls {
			conn = secured(t, client, from.lmtp)
		}
		replies := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(conn)
			replies <- all
		}()
		io.WriteString(conn, from.lines)
		conn.Write(text)
		client.Close()
		<-over
		checkReplies(t, <-replies)
		if h.begun != h.ended {
			t.Errorf("%s: %d deliveries begun, %d ended", from.state, h.begun, h.ended)
		}
		for _, m := range h.messages() {
			if bare := strings.ReplaceAll(m.wire, "\r\n", ""); !strings.HasSuffix(m.wire, "\r\n.\r\n") || strings.ContainsAny(bare, "\r\n") ||
				strings.Count(m.wire, "\r\n.\r\n") != 1 {
				t.Errorf("%s: kept %q", from.state, m.wire)
			}
		}
	})
}
