package pop3_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pillarbox/pop3"
)

// A client communicates with one session, for measurements that a transcript cannot make.
type client struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	over chan error // what ServeConn returned
}

// talk starts a session on the server's end of a pair of connections.
func talk(t testing.TB, ctx context.Context, server *pop3.Server, near, far net.Conn) *client {
	t.Helper()
	c := &client{t: t, conn: near, in: bufio.NewReader(near), over: make(chan error, 1)}
	go func() { c.over <- server.ServeConn(ctx, far, false) }()
	c.want("+OK")
	return c
}

// talkPipe starts a session over net.Pipe.
func talkPipe(t testing.TB, server *pop3.Server) *client {
	t.Helper()
	near, far := net.Pipe()
	return talk(t, context.Background(), server, near, far)
}

// pair returns both ends of a loopback TCP connection.
func pair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn), accepted.(*net.TCPConn)
}

// say sends lines at once.
func (c *client) say(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		c.t.Fatalf("saying %q: %v", lines, err)
	}
}

// want reads a line that begins so, and returns it.
func (c *client) want(prefix string) string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, prefix) {
		c.t.Fatalf("the server says %q (%v), want %q", line, err, prefix)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// logIn logs anna in.
func (c *client) logIn() {
	c.t.Helper()
	c.say("USER anna")
	c.want("+OK")
	c.say("PASS a secret")
	c.want("+OK")
}

// multi reads a multi-line reply and removes its byte-stuffing, as a mail client does.
func (c *client) multi() string {
	c.t.Helper()
	c.want("+OK")
	var text strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("in a multi-line reply: %v", err)
		}
		if line == ".\r\n" {
			return text.String()
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
}

// end waits for the session's end, and returns what ServeConn did.
func (c *client) end() error {
	c.t.Helper()
	if b, err := io.ReadAll(c.in); len(b) > 0 {
		c.t.Errorf("the server says %q (%v) at the end", b, err)
	}
	return <-c.over
}

// A counter counts the writes to a connection, and keeps their sizes. It hides that the connection
// is TCP.
type counter struct {
	net.Conn
	writes atomic.Int64
	sizes  []int // read when the session is over
}

func (c *counter) Write(b []byte) (int, error) {
	c.writes.Add(1)
	c.sizes = append(c.sizes, len(b))
	return c.Conn.Write(b)
}

// number returns the n-th word of a line.
func number(t testing.TB, line string, n int) int64 {
	t.Helper()
	words := strings.Fields(line)
	if n >= len(words) {
		t.Fatalf("%q has no word %d", line, n)
	}
	v, err := strconv.ParseInt(words[n], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
