package pop3_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/pop3"
)

// RFC 2449 §6.5 and §8.1.1: an account that logs in too often gets [LOGIN-DELAY], and no other.
func TestLoginDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(sampleStore())
		server.LoginDelay = &pop3.Delays{Every: time.Minute, Credit: 1}
		login := func(user, password, want string) {
			t.Helper()
			c := talkPipe(t, server)
			c.say("USER " + user)
			c.want("+OK")
			c.say("PASS " + password)
			c.want(want)
			c.say("QUIT")
			c.want("+OK")
			c.end()
		}
		const refused = "-ERR [LOGIN-DELAY]"
		login("anna", "wrong", "-ERR [AUTH]") // is no login
		login("anna", "a secret", "+OK")
		login("anna", "a secret", "+OK") // on credit
		login("anna", "a secret", refused)
		login("anna", "wrong", "-ERR [AUTH]") // [LOGIN-DELAY] would show that the password is right
		login("dora", "ein Gruß", "+OK")
		time.Sleep(59 * time.Second)
		login("anna", "a secret", refused) // which does not make it longer
		time.Sleep(time.Second)
		login("anna", "a secret", "+OK")
		login("anna", "a secret", refused)
		time.Sleep(time.Hour)
		login("anna", "a secret", "+OK")
		login("anna", "a secret", "+OK") // the credit is one, however long it was
		login("anna", "a secret", refused)

		c := talkPipe(t, server)
		c.say("CAPA")
		if got := c.multi(); !strings.Contains(got, "\r\nLOGIN-DELAY 60\r\n") {
			t.Errorf("CAPA says %q", got)
		}
		c.say("QUIT")
		c.want("+OK")
		c.end()
	})
}
