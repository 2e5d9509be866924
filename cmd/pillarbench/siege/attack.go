package siege

import (
	"context"
	"io"
	"net"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// An Attack is many hostile clients of one kind.
type Attack struct {
	Name string
	// Play attacks until the context ends, and returns when all its clients have ended.
	Play func(context.Context, Target, *Counts)
}

// Attacks are the attacks during which a known client of the same network must be served.
var Attacks = []Attack{
	{"guesses", guesses},
	{"silent", silent},
	{"handshakes", handshakes},
	{"local", local},
	{"unfinished", unfinished},
	{"page", page},
}

// silentConnections is how many connections one device holds.
const silentConnections = 32

// silent holds connections from one address that send nothing.
func silent(ctx context.Context, t Target, c *Counts) {
	together(silentConnections, func(int) {
		for ctx.Err() == nil { // reconnect when the server closes it
			if conn := connect(ctx, c, neighbour(0), t.POP3); conn != nil {
				drain(conn)
				pause(ctx, refusedPause)
			}
		}
	})
}

const (
	handshakeAddresses = 3
	handshakesPerS     = 600 // from each address
	// handshakeHeld is how long each connection stays open, unless the server closes it before.
	handshakeHeld = time.Second
)

// handshakes opens connections to the TLS port from a few addresses and sends nothing, so that no
// handshake ends.
func handshakes(ctx context.Context, t Target, c *Counts) {
	together(handshakeAddresses, func(i int) {
		tick := time.NewTicker(time.Second / handshakesPerS)
		defer tick.Stop()
		var held sync.WaitGroup
		defer held.Wait()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if conn := connect(ctx, c, stranger(i), t.POP3S); conn != nil {
				held.Go(func() {
					conn.SetDeadline(time.Now().Add(handshakeHeld))
					drain(conn)
				})
			}
		}
	})
}

const (
	localConnections = 256
	// nobody is the user id of a service without privileges.
	nobody = 65534
)

// local holds connections of another user to the LMTP socket. Without root it cannot connect.
func local(ctx context.Context, t Target, c *Counts) {
	var held sync.WaitGroup
	defer held.Wait()
	together(1, func(int) {
		// This changes the user of one thread, which the socket reports as the peer's. The thread
		// ends with the goroutine.
		runtime.LockOSThread()
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			return
		}
		for range localConnections {
			conn := opened(ctx, c, func() (net.Conn, error) { return net.Dial("unix", t.LMTP) })
			if conn != nil {
				held.Go(func() {
					conn.Write([]byte("LHLO localhost\r\n"))
					drain(conn)
				})
			}
		}
	})
	<-ctx.Done()
}

const (
	// pageClients is how many clients are stuck at the page, each with an address of its own.
	pageClients = 1000
	// pageTrickle is the time between two octets of those that send any.
	pageTrickle = time.Second
	// pagePause is how long a client waits before it connects again.
	pagePause = time.Second
)

// A stuckClient is a kind of client that holds its connection to the page.
type stuckClient struct {
	secured bool   // at the port with TLS
	begins  string // sent at once
	trickle string // sent again and again, an octet at a time; "" is nothing
}

var stuckClients = [...]stuckClient{
	{begins: "GET / HTTP/1.1\r\nHost: localhost\r\n", trickle: "X-Slow: header\r\n"},
	{begins: "POST /log-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n", trickle: "user=anna&"},
	{},              // silent
	{secured: true}, // a handshake that does not begin
	{secured: true, begins: "\x16\x03\x01\x02\x00", trickle: "\x01\x00\x01\xfc"}, // never whole
	// A body that is sent beyond what its path reads.
	{begins: "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n", trickle: "<Autodiscover>"},
}

// page holds connections to the page in each way that a client can be stuck.
func page(ctx context.Context, t Target, c *Counts) {
	together(pageClients, func(i int) {
		kind := &stuckClients[i%len(stuckClients)]
		pause(ctx, pagePause*time.Duration(i)/pageClients) // they do not all come in one instant
		for ctx.Err() == nil {
			kind.stick(ctx, t, c, i)
			pause(ctx, pagePause)
		}
	})
}

// stick holds a connection until the server closes it.
func (kind *stuckClient) stick(ctx context.Context, t Target, c *Counts, i int) {
	to := t.Page
	if kind.secured {
		to = t.PageTLS
	}
	conn := connect(ctx, c, neighbour(i), to)
	if conn == nil {
		return
	}
	defer conn.Close()
	closed := make(chan struct{})
	go func() {
		io.Copy(io.Discard, conn)
		close(closed)
	}()
	io.WriteString(conn, kind.begins)
	tick := time.NewTicker(pageTrickle)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-closed:
			return
		case <-tick.C:
		}
		if kind.trickle != "" {
			conn.SetWriteDeadline(time.Now().Add(answerPatience))
			if _, err := io.WriteString(conn, kind.trickle[n%len(kind.trickle):][:1]); err != nil {
				return
			}
		}
	}
}
