package provider

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// serveBlocks answers each octet with a block, until the test ends.
func serveBlocks(t *testing.T, block []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { l.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				for {
					if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
						return
					}
					conn.Write(block)
				}
			})
		}
	})
	return l.Addr().String()
}

// ask sends one octet and returns what comes until a block is there, or the connection ends.
func ask(t *testing.T, conn net.Conn, octets int) []byte {
	t.Helper()
	if _, err := conn.Write([]byte{'?'}); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(io.LimitReader(conn, int64(octets)))
	return got
}

// TestProxy: octets of both directions count, and so many connections break after so many octets of
// the server, not one more.
func TestProxy(t *testing.T) {
	block := bytes.Repeat([]byte("0123456789"), 5000)
	p, err := NewProxy(serveBlocks(t, block))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", p.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	first := dial()
	for range 2 {
		if got := ask(t, first, len(block)); !bytes.Equal(got, block) {
			t.Fatalf("%d octets came, of %d", len(got), len(block))
		}
	}
	if got, want := p.Count(), (Line{Octets: 2 * (1 + 50_000), Connections: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	before := p.Count()
	p.Break(2, 30_001)
	for range 2 {
		if got := ask(t, dial(), len(block)); !bytes.Equal(got, block[:30_001]) {
			t.Errorf("%d octets came before the break, want 30001", len(got))
		}
	}
	if got := ask(t, dial(), len(block)); !bytes.Equal(got, block) {
		t.Errorf("%d octets came after the last break", len(got))
	}
	got := p.Count().Minus(before)
	got.Ended = 0 // the ends of the broken ones may not have been noticed
	if want := (Line{Octets: 3 + 2*30_001 + 50_000, Connections: 3, Broken: 2}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	p.Close()
	if got := p.Count(); got.Ended != 4 {
		t.Errorf("%d of 4 connections have ended", got.Ended)
	}
}

// TestProxyClose: Close ends connections that nothing else would end.
func TestProxyClose(t *testing.T) {
	p, err := NewProxy(serveBlocks(t, []byte("block")))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask(t, conn, 5)
	p.Close()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d octets came from a closed proxy", n)
	}
}
