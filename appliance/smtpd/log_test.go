package smtpd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/smtpd"
)

// TestLog: one line per session and per message, and no password in any.
func TestLog(t *testing.T) {
	h := new(backend)
	server, logs := newServer(h)
	t.Run("", func(t *testing.T) {
		say(t, server, "HELO client\r\n"+
			"AUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n"+ // anna, a secret
			"MAIL FROM:<carla@example.org>\r\nRCPT TO:<all@home.arpa>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n"+
			"MAIL FROM:<>\r\nRCPT TO:<strange@home.arpa>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\nQUIT\r\n")
	})
	var got []string
	for _, line := range logs.All() {
		if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, "secret") || strings.Contains(text, "AGFubmE") {
			t.Errorf("a secret in %s", text)
		}
		for field := range line.ContextMap() {
			if !slices.Contains(strings.Fields("session remote proto user from to recipients mailbox size octets took code reason verb error mechanism"), field) {
				t.Errorf("field %q of %q", field, line.Message)
			}
		}
	}
	said := logs.Filter(func(line observer.LoggedEntry) bool { return line.Level > zap.DebugLevel }).All()
	for _, line := range said {
		got = append(got, line.Message)
	}
	want := []string{"delivery committed", "routing a recipient failed", "recipient refused", "delivery committed", "session ended"}
	if !slices.Equal(got, want) {
		t.Fatalf("logged %q, want %q", got, want)
	}
	wantField(t, said[0], "mailbox", "[anna bert]")
	wantField(t, said[0], "proto", "ESMTPA")
	wantField(t, said[0], "size", "14")
	wantField(t, said[0], "from", "<carla@example.org>")
	wantField(t, said[0], "to", "<all@home.arpa>")
	wantField(t, said[0], "recipients", "<nil>")
	wantField(t, said[4], "user", "anna")
	wantField(t, said[4], "remote", "127.0.0.1")
	wantField(t, said[4], "code", "221")
	wantField(t, said[4], "octets", "14")
}

func wantField(t *testing.T, line observer.LoggedEntry, name, want string) {
	t.Helper()
	if got := fmt.Sprint(line.ContextMap()[name]); got != want {
		t.Errorf("%s of %q is %q, want %q", name, line.Message, got, want)
	}
}

// TestLogOfFailures: a wrong password and a message that is not stored are logged.
func TestLogOfFailures(t *testing.T) {
	h := &backend{commit: fmt.Errorf("the flash burns")}
	server, logs := newServer(h)
	t.Run("", func(t *testing.T) {
		say(t, server, "HELO client\r\nAUTH PLAIN AGFubmEAdHlwbw==\r\n"+
			"AUTH PLAIN AHN0cmFuZ2UAdHlwbw==\r\n"+ // strange
			"MAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\nMAIL FROM:<>\r\n")
	})
	var got []string
	said := logs.Filter(func(line observer.LoggedEntry) bool { return line.Level > zap.DebugLevel }).All()
	for _, line := range said {
		got = append(got, fmt.Sprint(line.Level, " ", line.Message))
	}
	want := []string{"info login failed", "error checking a login failed", "info login failed", "error message refused", "info session ended without delivery"}
	if !slices.Equal(got, want) {
		t.Fatalf("logged %q, want %q", got, want)
	}
	wantField(t, said[0], "user", "anna")
	wantField(t, said[0], "mechanism", "PLAIN")
	wantField(t, said[0], "code", "535")
	wantField(t, said[0], "reason", "5.7.8 Authentication credentials invalid")
	wantField(t, said[2], "user", "strange")
	wantField(t, said[2], "code", "454")
	wantField(t, said[3], "error", "the flash burns")
	wantField(t, said[3], "code", "451")
	wantField(t, said[3], "reason", "4.3.0 Temporary server error; try again later")
	wantField(t, said[4], "error", "unexpected EOF") // the client left in the middle of a message
}

// TestLogOfARefusedBeginning: a message that is refused before its content arrives is logged too,
// with the declared size.
func TestLogOfARefusedBeginning(t *testing.T) {
	server, logs := newServer(&backend{begin: smtpd.ErrMailboxFull})
	t.Run("", func(t *testing.T) {
		say(t, server, "EHLO client\r\nMAIL FROM:<> SIZE=4000\r\nRCPT TO:<anna>\r\nDATA\r\nRSET\r\nQUIT\r\n")
	})
	refused := logs.FilterMessage("message refused").All()
	if len(refused) != 1 || refused[0].Level != zap.InfoLevel {
		t.Fatalf("logged %v", logs.All())
	}
	wantField(t, refused[0], "mailbox", "[anna]")
	wantField(t, refused[0], "size", "4000")
	wantField(t, refused[0], "code", "452")
}

// TestLogOfASessionForNothing: a session without a login and a delivery is logged as another event,
// so that a log can limit such lines.
func TestLogOfASessionForNothing(t *testing.T) {
	const login, mail = "AUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n", "MAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\n"
	for _, tt := range []struct {
		said string
		want string
	}{
		{"QUIT\r\n", "session ended without delivery"},
		{"HELO client\r\nNOOP\r\nMAIL FROM:<>\r\nQUIT\r\n", "session ended without delivery"},
		{"HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<nobody>\r\nQUIT\r\n", "session ended without delivery"},
		{"HELO client\r\n" + mail + "QUIT\r\n", "session ended"},
		{"HELO client\r\n" + login + "QUIT\r\n", "session ended"},
	} {
		server, logs := newServer(new(backend))
		t.Run("", func(t *testing.T) { say(t, server, tt.said) })
		if logs.FilterMessage(tt.want).Len() != 1 {
			t.Fatalf("%q was not logged: %v", tt.want, logs.All())
		}
	}
}

// TestLogOfRefusals: each refused MAIL, RCPT and DATA is one line, with the address, the code and
// the reason as the client receives them.
func TestLogOfRefusals(t *testing.T) {
	const mail, rcpt = "MAIL FROM:<carla@example.org>\r\n", "RCPT TO:<anna@home.arpa>\r\n"
	for _, tt := range []struct {
		said, event string
		fields      map[string]string
	}{
		{"MAIL FROM:<carla@example.org> SIZE=2000000\r\n", "sender refused", map[string]string{
			"from": "<carla@example.org>", "code": "552", "reason": "5.3.4 Message exceeds the size limit (1048576 bytes)"}},
		{"MAIL FROM:<carla@@example.org\r\n", "sender refused", map[string]string{
			"from": "<carla@@example.org", "code": "501", "reason": "5.1.7 Bad sender address syntax"}},
		{"MAIL carla\r\n", "sender refused", map[string]string{"from": "carla", "code": "501"}},
		{mail + mail, "sender refused", map[string]string{"from": "<carla@example.org>", "code": "503"}},
		{mail + "RCPT TO:<otto@gmail.example>\r\n", "recipient refused", map[string]string{
			"from": "<carla@example.org>", "to": "<otto@gmail.example>", "code": "550",
			"reason": "5.7.1 Relaying denied: <gmail.example> is not a local domain"}},
		{mail + "RCPT TO:<annna@home.arpa>\r\n", "recipient refused", map[string]string{
			"to": "<annna@home.arpa>", "code": "550", "reason": "5.1.1 No such mailbox"}},
		{mail + "RCPT TO:\r\n", "recipient refused", map[string]string{"to": "", "code": "501"}},
		{"RCPT TO:<anna>\r\n", "recipient refused", map[string]string{"to": "<anna>", "code": "503"}},
		{mail + "DATA\r\n", "message refused", map[string]string{"from": "<carla@example.org>", "code": "503"}},
		{mail + rcpt + "BDAT 2000000 LAST\r\n" + strings.Repeat("a", 2000000), "message refused", map[string]string{
			"from": "<carla@example.org>", "to": "<anna@home.arpa>", "mailbox": "[anna]", "code": "552"}},
		{mail + rcpt + "BDAT 2 LAST\r\n\r\nBDAT 1 LAST\r\nx", "message refused", map[string]string{"code": "503"}},
	} {
		server, logs := newServer(new(backend))
		t.Run(tt.said[:min(len(tt.said), 50)], func(t *testing.T) {
			say(t, server, "EHLO client\r\n"+tt.said+"QUIT\r\n")
			refused := logs.FilterMessage(tt.event).All()
			if len(refused) != 1 {
				t.Fatalf("%d lines %q: %v", len(refused), tt.event, logs.All())
			}
			for name, want := range tt.fields {
				wantField(t, refused[0], name, want)
			}
		})
	}
}

// TestLogOfReplies: at the level debug each command has the code of its own reply.
func TestLogOfReplies(t *testing.T) {
	server, logs := newServer(new(backend))
	t.Run("", func(t *testing.T) {
		say(t, server, "EHLO client\r\nMAIL FROM:<carla@example.org>\r\nRCPT TO:<annna@home.arpa>\r\nRCPT TO:<anna>\r\nDATA\r\n.\r\nRSET x\r\nQUIT\r\n")
	})
	var got []string
	for _, line := range logs.FilterMessage("command").All() {
		fields := line.ContextMap()
		got = append(got, fmt.Sprint(fields["verb"], " ", fields["code"]))
		if fields["error"] != nil {
			t.Errorf("%s has the error %v", fields["verb"], fields["error"])
		}
	}
	want := []string{"EHLO 250", "MAIL 250", "RCPT 550", "RCPT 250", "DATA 250", "RSET 501", "QUIT 221"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
