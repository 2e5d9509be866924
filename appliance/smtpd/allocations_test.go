package smtpd_test

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// TestAllocations checks what a command costs in allocations, including those of the client, which
// are none. Nothing that a client repeats between two messages grows the heap.
func TestAllocations(t *testing.T) {
	server, _ := newServer(nil)
	server.Log = nil
	server.Router, server.Spooler = new(backend), nowhere{}
	client := pop3test.Serve(t, server.ServeConn, false)()
	defer client.Close()
	in := bufio.NewReader(client)
	last := func() (octets int) {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if octets += len(line); line[3] == ' ' {
				return octets
			}
		}
	}
	last()
	io.WriteString(client, "EHLO client\r\n")
	last()
	const batch = 8
	for _, tt := range []struct {
		commands string
		replies  int
		most     float64
	}{
		{"NOOP\r\n", 1, 0},
		{"RSET\r\n", 1, 0},
		{"VRFY anna\r\n", 1, 0},
		{"EHLO client\r\n", 1, 6},
		{"MAIL FROM:<carla@example.org>\r\nRSET\r\n", 2, 4},
		{"MAIL FROM:<carla@example.org>\r\nRCPT TO:<anna@home.arpa>\r\nRSET\r\n", 3, 11},
	} {
		io.WriteString(client, tt.commands)
		octets := 0
		for range tt.replies {
			octets += last()
		}
		commands, replies := []byte(strings.Repeat(tt.commands, batch)), make([]byte, batch*octets)
		got := testing.AllocsPerRun(10, func() {
			client.Write(commands)
			if _, err := io.ReadFull(in, replies); err != nil {
				t.Fatal(err)
			}
		}) / batch
		if got > tt.most+0.5 { // a batch has a few of its own
			t.Errorf("%q: %.2f allocations, want at most %.0f", tt.commands, got, tt.most)
		}
		io.WriteString(client, "MAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n")
		for range 3 {
			last()
		}
		io.WriteString(client, ".\r\n") // an accepted message, for Limits.Mistakes
		last()
	}
}
