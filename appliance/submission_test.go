package appliance

import (
	"slices"
	"strings"
	"testing"

	"pillarbox/appliance/config"
)

// TestSubmission: where a login is asked for, and for whom that port is.
func TestSubmission(t *testing.T) {
	for _, tt := range []struct {
		name   string
		demand config.Demand
		asked  string // keys of the configuration where a login is asked for
	}{
		{"never", config.DemandNever, ""},
		{"submission", config.DemandSubmission, "smtp.listen_tls"},
		{"always", config.DemandAlways, "smtp.listen smtp.listen_tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			family(t, state, "anna")
			c := settings(state)
			c.SMTP.RequireAuth = tt.demand
			b := start(t, c, Options{})
			for _, key := range []string{"smtp.listen", "smtp.listen_tls", "smtp.listen_lmtp"} {
				client := b.dial(key)
				client.must(map[bool]string{true: "LHLO x", false: "EHLO x"}[key == "smtp.listen_lmtp"])
				got := client.say("MAIL FROM:<root>")
				if asked := strings.HasPrefix(got, "530 5.7.0"); asked != strings.Contains(" "+tt.asked+" ", " "+key+" ") {
					t.Errorf("%s: %q", key, got)
				}
				client.must("QUIT")
			}
		})
	}
}

// TestSubmissionPorts: which ports are for mail programs.
func TestSubmissionPorts(t *testing.T) {
	for _, tt := range []struct {
		port int
		tls  bool
		want bool
	}{{25, false, false}, {1025, false, false}, {587, false, true}, {1587, false, true}, {465, true, true}, {12345, true, true}} {
		if got := config.Submission(tt.port, tt.tls); got != tt.want {
			t.Errorf("port %d, TLS %v: %v", tt.port, tt.tls, got)
		}
	}
}

// TestOwnAddress: who is logged in sends from addresses whose mail it gets.
func TestOwnAddress(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.SMTP.OwnAddress = true
	c.Aliases = map[string][]string{"parents": {"anna", "otto"}, "shop": {"otto"}}
	b := start(t, c, Options{})
	client := b.dial("smtp.listen")
	client.must("EHLO x", "MAIL FROM:<otto@home.arpa>", "RSET", "AUTH PLAIN AGFubmEAYW5uYQ==")
	for address, want := range map[string]string{
		"anna@home.arpa": "250", "ANNA+x@nas.home.arpa": "250", "anna": "250", "parents@home.arpa": "250", "": "250",
		"root@localhost": "250", // the first account gets its mail
		"otto@home.arpa": "553", "shop@home.arpa": "553", "anna@example.com": "553", "nobody@home.arpa": "553",
	} {
		if got := client.say("MAIL FROM:<%s>", address); got[:3] != want {
			t.Errorf("<%s>: %q, want %s", address, got, want)
		}
		client.must("RSET")
	}
	client.must("QUIT")
}

// TestReceipt: a receipt lies in the mailbox of the sender as a mail like any other.
func TestReceipt(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	b := start(t, settings(state), Options{})
	client := b.dial("smtp.listen")
	client.must("EHLO x", "MAIL FROM:<otto@home.arpa> ENVID=one", "RCPT TO:<anna@home.arpa> NOTIFY=SUCCESS", "DATA")
	client.content(letter("hello\r\n"))
	client.must(".", "QUIT")
	otto := b.login("pop3.listen", "otto")
	otto.must("RETR 1")
	report, err := otto.ReadDotLines()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"Return-Path: <>", "Delivered-To: <otto@home.arpa>", "Original-Envelope-Id: one",
		"Final-Recipient: rfc822; anna@home.arpa", "Action: delivered", "Status: 2.1.5",
	} {
		if !slices.Contains(report, line) {
			t.Errorf("%q is not in the report", line)
		}
	}
	otto.must("QUIT")
}

// TestLettersBeyondASCII: an alias brings mail for a name beyond ASCII to an account.
func TestLettersBeyondASCII(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Aliases = map[string][]string{"jörg": {"anna"}}
	b := start(t, c, Options{})
	client := b.dial("smtp.listen")
	client.must("EHLO x", "MAIL FROM:<>")
	if got := client.say("RCPT TO:<jörg@home.arpa>"); !strings.HasPrefix(got, "553 5.6.7") {
		t.Errorf("without SMTPUTF8: %q", got)
	}
	client.must("RSET", "MAIL FROM:<> SMTPUTF8", "RCPT TO:<jörg@home.arpa>")
	if got := client.say("RCPT TO:<käthe@home.arpa>"); !strings.HasPrefix(got, "550 5.1.1") {
		t.Errorf("nobody's name: %q", got)
	}
	client.must("QUIT")
}
