package pop3_test

import (
	"strings"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// The exclusive lock and LOGIN-DELAY count by account: a user whose name is another view of it is
// the same account.
func TestCountedByAccount(t *testing.T) {
	server := newServer(sampleStore())
	server.Auth = pop3test.Accounts{"anna": "a secret", "anna+phone": "a secret", "bert": "x"}
	server.Account = func(user string) string {
		account, _, _ := strings.Cut(user, "+")
		return account
	}
	logIn := func(user, password, want string) *client {
		t.Helper()
		c := talkPipe(t, server)
		c.say("USER " + user)
		c.want("+OK")
		c.say("PASS " + password)
		c.want(want)
		return c
	}
	quit := func(clients ...*client) {
		for _, c := range clients {
			c.say("QUIT")
			c.want("+OK")
			c.end()
		}
	}

	server.Exclusive = new(pop3.Locks)
	first := logIn("anna", "a secret", "+OK")
	quit(logIn("anna+phone", "a secret", "-ERR [IN-USE]"), logIn("bert", "x", "+OK"), first)
	quit(logIn("anna+phone", "a secret", "+OK"))

	server.Exclusive = nil
	server.LoginDelay = &pop3.Delays{Every: time.Hour}
	quit(logIn("anna+phone", "a secret", "+OK"), logIn("anna", "a secret", "-ERR [LOGIN-DELAY]"), logIn("bert", "x", "+OK"))
}
