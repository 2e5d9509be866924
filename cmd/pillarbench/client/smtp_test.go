package client

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

// script runs a server that sends one reply after each read, and returns the client's end of the
// connection.
func script(t *testing.T, replies ...string) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		in := make([]byte, 1<<16)
		for i, reply := range replies {
			if i > 0 {
				if _, err := server.Read(in); err != nil {
					return
				}
			}
			if reply == "" { // an empty write waits for a reader, too
				continue
			}
			if _, err := server.Write([]byte(reply)); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		client.Close()
		<-done
	})
	return client
}

func TestSenderReadsReplies(t *testing.T) {
	for _, row := range []struct {
		name    string
		replies []string
		fault   string
	}{
		{"accepted", []string{"220 hi\r\n", "250-box\r\n250 SIZE\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", "250 kept\r\n"}, ""},
		{"full", []string{"220 hi\r\n", "250 box\r\n", "452 4.3.1 full\r\n503 no\r\n503 no\r\n"}, "452 4.3.1 full"},
		{"refused after the data", []string{"220 hi\r\n", "250 box\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", "451 later\r\n"}, "451 later"},
		{"not ready", []string{"421 later\r\n"}, "421 later"},
		{"cut before the data", []string{"220 hi\r\n", "250 box\r\n", "250 ok\r\n250 ok\r\n354 go\r\n"}, "closed pipe"},
		{"cut inside the answer", []string{"220 hi\r\n", "250 box\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", "250 ke"}, "EOF"},
	} {
		conn := script(t, row.replies...)
		s := &Sender{conn: conn, in: bufio.NewReader(conn)}
		err := s.Hello("EHLO")
		if err == nil {
			err = s.Deliver(Message{1, 100}, "anna@home.arpa")
		}
		switch {
		case row.fault == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)):
			t.Errorf("%s: got %v, want %q", row.name, err, row.fault)
		}
	}
}
