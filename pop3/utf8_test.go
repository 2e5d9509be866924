package pop3_test

import (
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A header that is too large to be rewritten in memory is refused with the code that says what helps.
func TestHeaderTooLarge(t *testing.T) {
	store := new(pop3test.Store)
	store.Deliver("anna", strings.Repeat("X-Filler: "+strings.Repeat("x", 100)+"\n", 1000)+"Subject: ü\n\nbody\n")
	store.Deliver("anna", strings.Repeat("X-Filler: "+strings.Repeat("x", 100)+"\n", 1000)+"Subject: u\n\nbody\n")
	c := talkPipe(t, newServer(store))
	c.logIn()
	for _, command := range []string{"RETR 1", "TOP 1 0", "TOP 1 99999999"} {
		c.say(command)
		c.want("-ERR [UTF8]")
	}
	c.say("RETR 2")
	if got := c.multi(); len(got) < 110_000 {
		t.Errorf("a large header in ASCII has %d octets", len(got))
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// Mail from a file is looked at too, behind whatever is gathered, and a large one goes on from there as it is.
func TestRewrittenFromFile(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	text := strings.Repeat("a line\n", 20_000)
	for range 20 {
		store.Deliver("anna", "Subject: ü\n\n"+text)
	}
	near, far := pair(t)
	c := talk(t, t.Context(), newServer(store), near, far)
	c.logIn()
	want := "Subject: =?utf-8?q?=C3=BC?=\r\n\r\n" + strings.ReplaceAll(text, "\n", "\r\n")
	for range 20 {
		c.say("NOOP", "RETR 1", "NOOP")
		c.want("+OK")
		if got := c.multi(); got != want {
			t.Fatalf("RETR 1 has %d octets, want %d", len(got), len(want))
		}
		c.want("+OK")
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// A header that cannot be read is refused like a body: nothing of the reply has left.
func TestHeaderUnreadable(t *testing.T) {
	store := furnished()
	server := newServer(store)
	c := talkPipe(t, server)
	c.logIn()
	store.SetFaults(pop3test.Faults{ReadAfter: 1})
	c.say("RETR 1", "TOP 1 0", "NOOP")
	c.want("-ERR [SYS/TEMP]")
	c.want("-ERR [SYS/TEMP]")
	c.want("+OK")
	store.SetFaults(pop3test.Faults{Body: pop3.ErrDamaged})
	c.say("RETR 1")
	c.want("-ERR [SYS/PERM]")
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
