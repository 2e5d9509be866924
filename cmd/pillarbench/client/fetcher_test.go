package client

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

// A reply that does not end with a line of one dot is an error.
func TestFetchCutShort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			conn.Write([]byte("+OK 17 octets\r\nSubject: x\r\n\r\nx\r\n.\r\n"))
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	f, err := dialFetcher(listener.Addr().String(), false, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	f.lengths[0]--
	if _, err := f.fetch(1); err == nil || !strings.Contains(err.Error(), "ends with") {
		t.Errorf("got %v, want an error about the end", err)
	}
}
