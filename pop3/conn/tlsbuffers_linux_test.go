package conn_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"testing"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/pop3test"
)

// secured returns the ends of a TLS connection.
func secured(t *testing.T) (client, server *tls.Conn) {
	t.Helper()
	near, far, _ := tcp(t)
	server = tls.Server(far, pop3test.TLS(t, ""))
	client = tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	failed := make(chan error, 1)
	go func() { failed <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return client, server
}

// The buffers of crypto/tls are released, and it continues without them.
func TestReleaseBuffers(t *testing.T) {
	client, server := secured(t)
	for range 3 {
		exchangeLine(t, client, server)
		raw, hand, input := conn.Buffers(server)
		if raw == nil || hand == nil || input == nil {
			t.Fatal("crypto/tls has other fields")
		}
		if raw.Cap() == 0 {
			t.Fatal("crypto/tls has no buffer")
		}
		conn.ReleaseBuffers(server)
		if raw.Cap()+hand.Cap() != 0 || input.Size() != 0 {
			t.Errorf("%d and %d octets, and input of %d, are kept", raw.Cap(), hand.Cap(), input.Size())
		}
	}
}

// What crypto/tls has received and not handed on is kept.
func TestReleaseBuffersKeeps(t *testing.T) {
	client, server := secured(t)
	if _, err := io.WriteString(client, "NOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	if _, err := io.ReadFull(server, b[:2]); err != nil {
		t.Fatal(err)
	}
	conn.ReleaseBuffers(server)
	if _, err := io.ReadFull(server, b[2:]); err != nil || string(b) != "NOOP\r\n" {
		t.Errorf("read %q, %v", b, err)
	}
}

// A part of a record is kept as well.
func TestReleaseBuffersInARecord(t *testing.T) {
	client, server := secured(t)
	exchangeLine(t, client, server)
	raw, _, _ := conn.Buffers(server)
	piece := []byte{23, 3, 3}
	raw.Write(piece)
	conn.ReleaseBuffers(server)
	if !bytes.Equal(raw.Bytes(), piece) {
		t.Errorf("of a record %x is left", raw.Bytes())
	}
}

// exchangeLine has the server read a line.
func exchangeLine(t *testing.T, client, server *tls.Conn) {
	t.Helper()
	if _, err := io.WriteString(client, "STAT\r\n"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	if _, err := io.ReadFull(server, b); err != nil || string(b) != "STAT\r\n" {
		t.Fatalf("the server read %q, %v", b, err)
	}
}
