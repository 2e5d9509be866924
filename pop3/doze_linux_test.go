package pop3_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"runtime"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// dozing returns a server whose sessions doze as soon as they wait.
func dozing(t *testing.T) *pop3.Server {
	server := newServer(furnished())
	server.SetDozes(time.Nanosecond)
	t.Cleanup(func() { awaitNaps(t, 0) })
	return server
}

// awaitNaps returns when so many sessions doze.
func awaitNaps(t *testing.T, sessions int) {
	for stacks := make([]byte, 1<<20); ; runtime.Gosched() {
		n := runtime.Stack(stacks, true)
		if bytes.Count(stacks[:n], []byte("(*session).nap(")) == sessions {
			return
		}
	}
}

// A session that dozes goes on where it was, also in the middle of a line.
func TestDozingSessionGoesOn(t *testing.T) {
	for name, wrap := range map[string]func(*client){
		"plain": func(*client) {},
		"TLS": func(c *client) {
			c.say("STLS")
			c.want("+OK")
			conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
			if err := conn.Handshake(); err != nil {
				c.t.Fatal(err)
			}
			c.conn = conn
			c.in.Reset(conn)
		},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			server := dozing(t)
			server.TLS = pop3test.TLS(t, "pop3")
			c := talk(t, context.Background(), server, near, far)
			wrap(c)
			awaitNaps(t, 1)
			c.logIn()
			awaitNaps(t, 1)
			c.conn.Write([]byte("ST"))
			c.conn.Write([]byte("AT\r\n"))
			c.want("+OK")
			awaitNaps(t, 1)
			c.say("NOOP", "QUIT")
			c.want("+OK")
			c.want("+OK")
			if err := <-c.over; err != nil {
				t.Errorf("ServeConn = %v", err)
			}
		})
	}
}

// What ends a wait ends it for a session that dozes, too.
func TestDozingSessionEnds(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		server := dozing(t)
		server.Limits.Idle = 50 * time.Millisecond
		near, far := pair(t)
		c := talk(t, context.Background(), server, near, far)
		if err := <-c.over; err == nil || err.Error() != "pop3: the client was idle for too long" {
			t.Errorf("ServeConn = %v", err)
		}
	})
	t.Run("left", func(t *testing.T) {
		near, far := pair(t)
		c := talk(t, context.Background(), dozing(t), near, far)
		awaitNaps(t, 1)
		near.Close()
		if err := <-c.over; err == nil || err.Error() != "pop3: the client left without QUIT" {
			t.Errorf("ServeConn = %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		near, far := pair(t)
		c := talk(t, ctx, dozing(t), near, far)
		awaitNaps(t, 1)
		stop()
		if err := <-c.over; err == nil || err.Error() != "pop3: the server stops" {
			t.Errorf("ServeConn = %v", err)
		}
	})
}

// The stack of a session that dozes is the smallest that there is.
func TestDozingSessionHasNoStack(t *testing.T) {
	const sessions = 200
	server := dozing(t)
	before := stacks()
	all := make([]*client, sessions)
	for i := range all {
		near, far := pair(t)
		all[i] = talk(t, context.Background(), server, near, far)
		all[i].logIn()
		awaitNaps(t, i+1)
	}
	// Each client of this test has a goroutine that waits for ServeConn, of 2 KiB at least.
	if each := (int64(stacks()) - int64(before)) / sessions; each > 6<<10 {
		t.Errorf("%d bytes of stack for each session", each)
	}
	for _, c := range all {
		c.conn.Close()
		<-c.over
	}
}

// stacks returns the bytes that all stacks take.
func stacks() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}
