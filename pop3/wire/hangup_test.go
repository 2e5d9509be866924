package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
)

// talk returns the two ends of a connection over TCP.
func talk(t *testing.T) (ours, theirs *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	in, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		out.Close()
		in.Close()
	})
	return in.(*net.TCPConn), out.(*net.TCPConn)
}

// TestHangUpIsHeard: the last reply arrives although the peer has said more than was read.
func TestHangUpIsHeard(t *testing.T) {
	ours, theirs := talk(t)
	if _, err := theirs.Write(make([]byte, lingerOctets/2)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(ours, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	ours.Write([]byte("why\r\n"))
	ended := make(chan struct{})
	go func() {
		HangUp(ours)
		close(ended)
	}()
	if heard, err := io.ReadAll(theirs); err != nil || string(heard) != "why\r\n" {
		t.Errorf("heard %q, %v", heard, err)
	}
	theirs.Close()
	<-ended
}

// TestHangUpEnds: with a peer that never stops, and with one that says nothing and stays.
func TestHangUpEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		peer func(conn net.Conn) error
	}{
		{"one that never stops", func(conn net.Conn) error {
			for chunk := bytes.Repeat([]byte("A"), 4096); ; {
				if _, err := conn.Write(chunk); err != nil {
					return err
				}
			}
		}},
		{"one that stays", func(net.Conn) error { return io.EOF }},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours, theirs := talk(t)
			ended := make(chan error, 1)
			go func() { ended <- test.peer(theirs) }()
			HangUp(ours)
			if _, err := ours.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("still open: %v", err)
			}
			if err := <-ended; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the peer ended with %v", err)
			}
		})
	}
}
