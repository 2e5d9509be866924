package smtpd_test

import (
	"errors"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// TestTraceOnce: a DATA that is repeated after the spool was full does not add a second trace to
// the message of a mailbox here.
func TestTraceOnce(t *testing.T) {
	h := &backend{beginOnce: errors.New("full once")}
	server, _ := newServer(h)
	server.Relay = relay{}
	conversation := strings.Join([]string{
		"# The spool is full at the first DATA.",
		"S: 220 *", "C: EHLO laptop.lan", "[[skip]]", "S: 250 *",
		`C: AUTH PLAIN {{"\x00anna\x00a secret"}}`, "S: 235 *",
		"C: MAIL FROM:<anna@example.org>", "S: 250 *",
		"C: RCPT TO:<bert@home.arpa>", "S: 250 *",
		"C: RCPT TO:<bob@example.net>", "S: 250 *",
		"C: DATA", "S: 451 *", "C: DATA", "S: 354 *",
		"C: From: anna@example.org", "C: ", "C: text", "C: .", "S: 250 *", "",
	}, "\n")
	pop3test.RunAll(t, pop3test.Serve(t, server.ServeConn, false), conversation)
	for _, m := range h.messages() {
		if n := strings.Count(m.wire, "(authenticated anna)"); n > 1 {
			t.Errorf("%s: %d traces in %q", m.mailbox, n, m.wire)
		}
	}
	if len(h.messages()) != 2 {
		t.Errorf("%d messages", len(h.messages()))
	}
}
