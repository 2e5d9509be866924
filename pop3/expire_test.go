package pop3_test

import (
	"strings"
	"testing"

	"pillarbox/pop3"
)

// RFC 2449 §6.7: before the login the shortest policy, afterwards the user's own.
func TestExpire(t *testing.T) {
	tests := []struct {
		name          string
		anybody, anna pop3.Expiry
		before, after string
	}{
		{"mail stays permanently", pop3.Expiry{Days: pop3.Never}, pop3.Expiry{Days: pop3.Never}, "EXPIRE NEVER", "EXPIRE NEVER"},
		{"one policy for all", pop3.Expiry{Days: 30}, pop3.Expiry{Days: 30}, "EXPIRE 30", "EXPIRE 30"},
		{"her own policy", pop3.Expiry{Days: 7, Varies: true}, pop3.Expiry{Days: 60, Varies: true}, "EXPIRE 7 USER", "EXPIRE 60"},
		{"hers never ends", pop3.Expiry{Days: 7, Varies: true}, pop3.Expiry{Days: pop3.Never}, "EXPIRE 7 USER", "EXPIRE NEVER"},
		{"gone when fetched", pop3.Expiry{}, pop3.Expiry{}, "EXPIRE 0", "EXPIRE 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(sampleStore())
			server.Expire = func(user string) pop3.Expiry {
				if user == "anna" {
					return tt.anna
				}
				return tt.anybody
			}
			c := talkPipe(t, server)
			capa := func() string { c.say("CAPA"); return "\r\n" + c.multi() }
			if got := capa(); !strings.Contains(got, "\r\n"+tt.before+"\r\n") {
				t.Errorf("before the login CAPA says %q, want %q", got, tt.before)
			}
			c.logIn()
			if got := capa(); !strings.Contains(got, "\r\n"+tt.after+"\r\n") {
				t.Errorf("after the login CAPA says %q, want %q", got, tt.after)
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// What is not enforced is not announced.
func TestNoExpire(t *testing.T) {
	c := talkPipe(t, newServer(sampleStore()))
	c.say("CAPA")
	if got := c.multi(); strings.Contains(got, "EXPIRE") {
		t.Errorf("CAPA says %q, and there is no policy", got)
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
