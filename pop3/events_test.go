package pop3_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// Each failed login is one line, with the user, the mechanism, the address and the reason.
func TestLogOfLogins(t *testing.T) {
	const wrong = "map[code:AUTH mechanism:%s proto:pop3 reason:wrong user name or password remote:127.0.0.1 user:anna]"
	for _, tt := range []struct {
		name  string
		plain bool
		says  []string
		want  []string
	}{
		{"a wrong password", true, []string{"USER anna", "PASS x"}, []string{fmt.Sprintf(wrong, "USER")}},
		{"AUTH PLAIN", true, []string{"AUTH PLAIN AGFubmEAeA=="}, []string{fmt.Sprintf(wrong, "PLAIN")}},
		{"no name that is known", true, []string{"USER strange", "PASS x"},
			[]string{"map[code:AUTH mechanism:USER proto:pop3 reason:wrong user name or password remote:127.0.0.1 user:strange]"}},
		{"without TLS", false, []string{"USER anna"},
			[]string{"map[mechanism:USER proto:pop3 reason:passwords require TLS: enable STLS, STARTTLS or SSL/TLS in the mail client remote:127.0.0.1 user:anna]"}},
		{"cancelled", true, []string{"AUTH PLAIN", "*"},
			[]string{"map[mechanism:PLAIN proto:pop3 reason:cancelled remote:127.0.0.1]"}},
		{"cancelled after another user", true, []string{"USER anna", "PASS x", "AUTH PLAIN", "*"},
			[]string{fmt.Sprintf(wrong, "USER"), "map[mechanism:PLAIN proto:pop3 reason:cancelled remote:127.0.0.1]"}},
		{"twice", true, []string{"USER anna", "PASS x", "AUTH PLAIN AGFubmEAeA=="},
			[]string{fmt.Sprintf(wrong, "USER"), fmt.Sprintf(wrong, "PLAIN")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			core, logged := observer.New(zap.InfoLevel)
			server := newServer(sampleStore())
			server.Log = zap.New(core)
			if !tt.plain {
				server.PlaintextAuth = nil
			}
			near, far := pair(t)
			c := talk(t, context.Background(), server, near, far)
			for _, line := range tt.says {
				c.say(line)
				c.want("")
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
			var got []string
			for _, line := range logged.FilterMessage("login failed").All() {
				fields := line.ContextMap()
				delete(fields, "session")
				got = append(got, fmt.Sprint(fields))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// At the level debug, each command is logged with its result.
func TestLogOfReplies(t *testing.T) {
	core, logged := observer.New(zap.DebugLevel)
	server := newServer(sampleStore())
	server.Log = zap.New(core)
	near, far := pair(t)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	c.say("LIST 9", "STAT", "QUIT")
	c.want("-ERR")
	c.want("+OK")
	c.want("+OK")
	c.end()
	var got []string
	for _, line := range logged.FilterMessage("command").All() {
		fields := line.ContextMap()
		got = append(got, fmt.Sprint(fields["verb"], " ", fields["ok"], " ", fields["reason"]))
	}
	want := []string{"USER true <nil>", "PASS true <nil>", "LIST false no such message", "STAT true <nil>", "QUIT true <nil>"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
