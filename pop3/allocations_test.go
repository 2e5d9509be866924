package pop3_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// TestAllocations checks what a command costs in allocations, including those of the client, which
// are none. Nothing that a client repeats grows the heap.
func TestAllocations(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	store.Deliver("anna", large(4<<10))
	near, far := pair(t)
	c := talk(t, context.Background(), newServer(store), near, far)
	c.logIn()
	const batch = 16
	for _, tt := range []struct {
		command string
		lines   bool // the reply is a block
		most    float64
	}{
		{"NOOP", false, 0},
		{"STAT", false, 0},
		{"LIST 1", false, 0},
		{"UIDL 1", false, 0},
		{"LIST", true, 0},
		{"RETR 1", true, 3}, // all of the model store's Body
		{"TOP 1 0", true, 3},
	} {
		c.say(tt.command)
		reply := len(c.want("+OK")) + 2
		for line := ""; tt.lines && line != "."; {
			line = c.want("")
			reply += len(line) + 2
		}
		commands := []byte(strings.Repeat(tt.command+"\r\n", batch))
		replies := make([]byte, batch*reply)
		got := testing.AllocsPerRun(50, func() {
			if _, err := near.Write(commands); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c.in, replies); err != nil {
				t.Fatal(err)
			}
		}) / batch
		if got > tt.most+0.5 { // a batch has a few of its own
			t.Errorf("%s: %.2f allocations, want at most %.0f", tt.command, got, tt.most)
		}
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
