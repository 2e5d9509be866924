package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// dozing returns a server whose sessions doze as soon as they wait.
func dozing(t *testing.T) *pop3.Server {
	server := newServer(furnished())
	server.SetDozes(time.Millisecond)
	t.Cleanup(func() { awaitNaps(server, 0) })
	return server
}

// awaitNaps returns when so many sessions doze.
func awaitNaps(server *pop3.Server, sessions int) {
	for server.Dozing() != sessions {
		runtime.Gosched()
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
			awaitNaps(server, 1)
			c.logIn()
			awaitNaps(server, 1)
			c.conn.Write([]byte("ST"))
			c.conn.Write([]byte("AT\r\n"))
			c.want("+OK")
			awaitNaps(server, 1)
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
		server := dozing(t)
		c := talk(t, context.Background(), server, near, far)
		awaitNaps(server, 1)
		near.Close()
		if err := <-c.over; err == nil || err.Error() != "pop3: the client left without QUIT" {
			t.Errorf("ServeConn = %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		near, far := pair(t)
		server := dozing(t)
		c := talk(t, ctx, server, near, far)
		awaitNaps(server, 1)
		stop()
		if err := <-c.over; err == nil || err.Error() != "pop3: the server stops" {
			t.Errorf("ServeConn = %v", err)
		}
	})
}

// A session that dozes has no goroutine: there is one for all, and none when nobody dozes.
func TestDozingSessionHasNoGoroutine(t *testing.T) {
	const sessions = 50
	server := dozing(t)
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	all.Add(sessions)
	open := make([]*client, sessions)
	for i := range open {
		near, far := pair(t)
		server.Serve(context.Background(), far, false, all.Done)
		open[i] = &client{t: t, conn: near, in: bufio.NewReader(near)}
		open[i].want("+OK")
		open[i].logIn()
	}
	awaitNaps(server, sessions)
	awaitGoroutines(before + 1)
	for _, c := range open {
		c.conn.Close()
	}
	all.Wait()
	awaitGoroutines(before)
}

// awaitGoroutines returns when there are so many, for they are on their way out still when it is known what they did.
func awaitGoroutines(many int) {
	for runtime.NumGoroutine() > many {
		runtime.Gosched()
	}
}

// Each session that dozes ends when its own time is over, not that of another.
func TestDozingSessionsHaveTheirOwnTime(t *testing.T) {
	server := dozing(t)
	server.Limits.Idle = time.Hour
	server.Limits.Login = time.Second // in which a busy machine logs in, too
	talkOn := func() *client {
		near, far := pair(t)
		return talk(t, context.Background(), server, near, far)
	}
	logged := talkOn()
	logged.logIn()
	awaitNaps(server, 1)
	for _, c := range []*client{talkOn(), talkOn(), talkOn()} {
		if err := <-c.over; err == nil || err.Error() != "pop3: the time to log in is over" {
			t.Errorf("ServeConn = %v", err)
		}
	}
	logged.say("NOOP", "QUIT")
	logged.want("+OK")
	logged.want("+OK")
	if err := <-logged.over; err != nil {
		t.Errorf("ServeConn = %v", err)
	}
}

// A connection that was closed without a word to the session is noticed when its descriptor is another's.
func TestDozingSessionLosesItsConnection(t *testing.T) {
	server := dozing(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var near [16]net.Conn // the descriptor is free for one of so many
	for i := range near {
		if near[i], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer near[i].Close()
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	lost := talk(t, context.Background(), server, near[0], far)
	awaitNaps(server, 1)
	far.Close()
	for i := range near[1:] {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		talk(t, context.Background(), server, near[1+i], conn)
	}
	if err := <-lost.over; err == nil {
		t.Error("ServeConn = nil")
	}
}
