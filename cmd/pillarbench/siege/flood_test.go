package siege

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestFlood checks that a flood counts accepted messages, and ends when the server has no room.
func TestFlood(t *testing.T) {
	const room = 120
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := make(chan struct{}, room)
	for range room {
		taken <- struct{}{}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go takeMail(conn, taken)
		}
	}()
	f := Flood{SMTP: l.Addr().String(), Recipient: "anna@home.arpa", Most: 1 << 20}
	if err := f.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if f.Accepted() != room || f.Refusal() != "452 4.3.1 full" {
		t.Errorf("%d messages were accepted, then %q; want %d and 452", f.Accepted(), f.Refusal(), room)
	}

	enough := Flood{SMTP: l.Addr().String(), Recipient: "anna@home.arpa", Most: 0}
	if err := enough.Run(context.Background()); err != nil || enough.Accepted() != 0 || enough.Refusal() != "" {
		t.Errorf("a flood of no message: %d, %q, %v", enough.Accepted(), enough.Refusal(), err)
	}
}

// takeMail accepts a message for each token that it gets.
func takeMail(conn net.Conn, room <-chan struct{}) {
	defer conn.Close()
	fmt.Fprint(conn, "220 ready\r\n")
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if !strings.HasPrefix(line, "BDAT") {
			fmt.Fprint(conn, "250 well\r\n")
			continue
		}
		in.Discard(2)
		select {
		case <-room:
			fmt.Fprint(conn, "250 stored\r\n")
		default:
			fmt.Fprint(conn, "452 4.3.1 full\r\n")
		}
	}
}
