package smtpd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/logbook"
	"pillarbox/appliance/smtpd"
)

// TestLog: one line a session and one a mail, and no password in any.
func TestLog(t *testing.T) {
	h := new(house)
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
			if !slices.Contains(strings.Fields("session remote proto user mailbox octets took code verb err"), field) {
				t.Errorf("field %q of %q", field, line.Message)
			}
		}
	}
	said := logs.Filter(func(line observer.LoggedEntry) bool { return line.Level > logbook.DebugLevel }).All()
	for _, line := range said {
		got = append(got, line.Message)
	}
	want := []string{"delivery committed", "could not find the mailboxes of a recipient", "delivery committed", "session ended"}
	if !slices.Equal(got, want) {
		t.Fatalf("logged %q, want %q", got, want)
	}
	wantField(t, said[0], "mailbox", "[anna bert]")
	wantField(t, said[0], "proto", "ESMTPA")
	wantField(t, said[0], "octets", "14")
	wantField(t, said[3], "user", "anna")
	wantField(t, said[3], "remote", "127.0.0.1")
	wantField(t, said[3], "code", "221")
	wantField(t, said[3], "octets", "14")
}

func wantField(t *testing.T, line observer.LoggedEntry, name, want string) {
	t.Helper()
	if got := fmt.Sprint(line.ContextMap()[name]); got != want {
		t.Errorf("%s of %q is %q, want %q", name, line.Message, got, want)
	}
}

// TestLogOfFailures: a wrong password and a mail that is not kept leave a trace.
func TestLogOfFailures(t *testing.T) {
	h := &house{commit: fmt.Errorf("the flash burns")}
	server, logs := newServer(h)
	t.Run("", func(t *testing.T) {
		say(t, server, "HELO client\r\nAUTH PLAIN AGFubmEAdHlwbw==\r\n"+
			"AUTH PLAIN AHN0cmFuZ2UAdHlwbw==\r\n"+ // strange
			"MAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0 LAST\r\nMAIL FROM:<>\r\n")
	})
	var got []string
	said := logs.Filter(func(line observer.LoggedEntry) bool { return line.Level > logbook.DebugLevel }).All()
	for _, line := range said {
		got = append(got, fmt.Sprint(line.Level, " ", line.Message))
	}
	want := []string{"info login refused", "error could not find out who a client is", "error delivery refused", "info session ended"}
	if !slices.Equal(got, want) {
		t.Fatalf("logged %q, want %q", got, want)
	}
	wantField(t, said[2], "err", "the flash burns")
	wantField(t, said[2], "code", "451")
	wantField(t, said[3], "err", "unexpected EOF") // the client left in the middle of a mail
}

// TestLogOfARefusedBeginning: a mail that is refused before its content comes leaves a trace too, with the size that was told.
func TestLogOfARefusedBeginning(t *testing.T) {
	server, logs := newServer(&house{begin: smtpd.ErrMailboxFull})
	t.Run("", func(t *testing.T) {
		say(t, server, "EHLO client\r\nMAIL FROM:<> SIZE=4000\r\nRCPT TO:<anna>\r\nDATA\r\nRSET\r\nQUIT\r\n")
	})
	refused := logs.FilterMessage("delivery refused").All()
	if len(refused) != 1 || refused[0].Level != logbook.InfoLevel {
		t.Fatalf("logged %v", logs.All())
	}
	wantField(t, refused[0], "mailbox", "[anna]")
	wantField(t, refused[0], "octets", "4000")
	wantField(t, refused[0], "code", "452")
}
