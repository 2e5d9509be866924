package pop3_test

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"pillarbox/pop3/pop3test"
)

// BenchmarkHandshake counts what the server does for a handshake of TLS 1.3 with a key of P-256,
// without what the client does.
func BenchmarkHandshake(b *testing.B) {
	for _, curve := range []tls.CurveID{tls.X25519, tls.X25519MLKEM768} {
		b.Run("full/"+curve.String(), func(b *testing.B) { handshakes(b, &tls.Config{CurvePreferences: []tls.CurveID{curve}}) })
		b.Run("resumed/"+curve.String(), func(b *testing.B) {
			handshakes(b, &tls.Config{CurvePreferences: []tls.CurveID{curve}, ClientSessionCache: tls.NewLRUClientSessionCache(1)})
		})
	}
}

func handshakes(b *testing.B, client *tls.Config) {
	server := pop3test.TLS(b, "")
	client.InsecureSkipVerify, client.ServerName = true, "pillarbox.test"
	shake(b, server, client) // for tables, and for a ticket
	shake(b, server, client)
	var spent time.Duration
	n := 0
	for b.Loop() {
		spent += shake(b, server, client)
		n++
	}
	b.ReportMetric(float64(spent)/float64(n), "ns/op")
}

// shake runs a handshake, and returns for how long the server ran.
func shake(b *testing.B, server, client *tls.Config) time.Duration {
	up, down := make(chan []byte, 8), make(chan []byte, 8)
	turn := new(sync.Mutex)
	far := &turnConn{in: up, out: down, turn: turn, server: true}
	s := tls.Server(far, server)
	var done sync.WaitGroup
	done.Go(func() {
		c := tls.Client(&turnConn{in: down, out: up, turn: turn}, client)
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // behind the tickets
			b.Error(err)
		}
		if resumed := c.ConnectionState().DidResume; client.ClientSessionCache == nil && resumed {
			b.Error("the session was resumed")
		}
		close(up)
	})
	turn.Lock()
	far.since = time.Now()
	err := s.Handshake()
	spent := far.spent + time.Since(far.since)
	if err != nil {
		b.Fatal(err)
	}
	s.Write([]byte{'+'})
	turn.Unlock()
	done.Wait()
	return spent
}

// A turnConn is an end of a connection in memory, whose client runs only while its server waits.
type turnConn struct {
	net.Conn // nil
	in       <-chan []byte
	out      chan<- []byte
	rest     []byte
	turn     *sync.Mutex
	server   bool
	since    time.Time // when the server began to run
	spent    time.Duration
}

func (c *turnConn) Read(b []byte) (int, error) {
	if len(c.rest) == 0 && !c.receive() {
		return 0, io.EOF
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *turnConn) receive() (ok bool) {
	if c.server {
		c.spent += time.Since(c.since)
		c.turn.Unlock()
		c.rest, ok = <-c.in
		c.turn.Lock()
		c.since = time.Now()
		return ok
	}
	c.rest, ok = <-c.in
	c.turn.Lock()
	defer c.turn.Unlock()
	return ok
}

func (c *turnConn) Write(b []byte) (int, error) {
	c.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (c *turnConn) SetDeadline(time.Time) error      { return nil }
func (c *turnConn) SetReadDeadline(time.Time) error  { return nil }
func (c *turnConn) SetWriteDeadline(time.Time) error { return nil }
func (c *turnConn) Close() error                     { return nil }
