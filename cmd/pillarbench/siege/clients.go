package siege

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// Network is the IPv6 network of a home. Its addresses are unique local ones.
	Network = netip.MustParsePrefix("fd00:1::/64")
	// Elsewhere contains other networks that can reach the server.
	Elsewhere = netip.MustParsePrefix("fd00:2::/48")
)

// A Target is where a server listens. The TCP addresses are IPv6 ones.
type Target struct {
	POP3, POP3S, SMTP string
	LMTP              string // path of a Unix socket
	Account           string // whose password is guessed; recipient of unfinished messages
}

// Counts are the results of an attack.
type Counts struct {
	Connections atomic.Int64 // attempts to connect
	Refused     atomic.Int64 // of these, failed
	Attempts    atomic.Int64 // passwords tried
	Judged      atomic.Int64 // of these, rejected as wrong
}

// Address returns the n-th address of Network, below firstNeighbour.
func Address(n int) netip.Addr {
	octets := Network.Addr().As16()
	octets[13], octets[14], octets[15] = byte(n>>16), byte(n>>8), byte(n)
	return netip.AddrFrom16(octets)
}

// neighbour returns the n-th address of an attacker in Network.
func neighbour(n int) netip.Addr { return Address(firstNeighbour + n) }

// stranger returns an address in the n-th network of Elsewhere.
func stranger(n int) netip.Addr {
	octets := Elsewhere.Addr().As16()
	octets[7], octets[15] = byte(n), 1
	return netip.AddrFrom16(octets)
}

const (
	firstNeighbour = 1 << 16
	// dialPatience is how long a hostile client waits for a connection.
	dialPatience = 2 * time.Second
	// answerPatience is how long it waits for a reply before it disconnects.
	answerPatience = 2 * time.Second
	// refusedPause keeps refused clients from taking all CPU time.
	refusedPause = 5 * time.Millisecond
)

// connect connects from an attacker's address. It returns nil if the connection was refused. The
// connection is closed when the context ends.
func connect(ctx context.Context, c *Counts, from netip.Addr, to string) net.Conn {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from.AsSlice()}, Timeout: dialPatience}
	return opened(ctx, c, func() (net.Conn, error) { return d.DialContext(ctx, "tcp", to) })
}

func opened(ctx context.Context, c *Counts, dial func() (net.Conn, error)) net.Conn {
	c.Connections.Add(1)
	conn, err := dial()
	if err != nil {
		c.Refused.Add(1)
		pause(ctx, refusedPause)
		return nil
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// together runs n clients, each with its number, and returns when all have.
func together(n int, client func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { client(i) })
	}
	group.Wait()
}

// drain reads until the connection ends or its deadline passes, and closes it.
func drain(conn net.Conn) {
	io.Copy(io.Discard, conn)
	conn.Close()
}
