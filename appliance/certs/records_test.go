package certs

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// A counted connection counts what is written: crypto/tls writes each record on its own.
type counted struct {
	net.Conn
	writes atomic.Int32
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestWholeRecords: a reply of 16 KiB is one TLS record. Small ones at the beginning of a
// connection help a browser that draws a page while it loads; a mail client needs the whole
// message, and each record costs both sides.
func TestWholeRecords(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := net.Pipe()
	defer ours.Close()
	out := &counted{Conn: ours}
	server := tls.Server(out, open(t, options(dir, day)).Config("pop3"))
	client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true})
	const size = 16 << 10
	taken := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(client, make([]byte, size))
		taken <- err
	}()
	if err := server.Handshake(); err != nil {
		t.Fatal(err)
	}
	before := out.writes.Load()
	if _, err := server.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	if got := out.writes.Load() - before; got != 1 {
		t.Errorf("%d records, want 1", got)
	}
}
