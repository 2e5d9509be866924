package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// parking returns a server whose sessions are parked as soon as they wait.
func parking(t *testing.T) *pop3.Server {
	server := newServer(sampleStore())
	server.SetParkAfter(time.Millisecond)
	t.Cleanup(func() { awaitParked(t, server, 0) })
	return server
}

// await returns when a condition holds that other goroutines bring about without a sign of it. It
// ends the test when that takes so long that it will never be.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for by := time.Now().Add(time.Minute); !holds(); runtime.Gosched() {
		if time.Now().After(by) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// awaitParked returns when that many sessions are parked.
func awaitParked(t testing.TB, server *pop3.Server, sessions int) {
	t.Helper()
	await(t, fmt.Sprintf("%d parked sessions", sessions), func() bool { return server.Parked() == sessions })
}

// A parked session continues where it was, also in the middle of a line.
func TestParkedSessionContinues(t *testing.T) {
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
			server := parking(t)
			server.TLS = pop3test.TLS(t, "pop3")
			c := talk(t, context.Background(), server, near, far)
			wrap(c)
			awaitParked(t, server, 1)
			c.logIn()
			awaitParked(t, server, 1)
			c.conn.Write([]byte("ST"))
			c.conn.Write([]byte("AT\r\n"))
			c.want("+OK")
			awaitParked(t, server, 1)
			c.say("NOOP", "QUIT")
			c.want("+OK")
			c.want("+OK")
			if err := <-c.over; err != nil {
				t.Errorf("ServeConn = %v", err)
			}
		})
	}
}

// What ends a wait ends it for a parked session, too.
func TestParkedSessionEnds(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		server := parking(t)
		server.Limits.Idle = 50 * time.Millisecond
		near, far := pair(t)
		c := talk(t, context.Background(), server, near, far)
		if err := <-c.over; err == nil || err.Error() != "pop3: the client was idle for too long" {
			t.Errorf("ServeConn = %v", err)
		}
	})
	t.Run("left", func(t *testing.T) {
		near, far := pair(t)
		server := parking(t)
		c := talk(t, context.Background(), server, near, far)
		awaitParked(t, server, 1)
		near.Close()
		if err := <-c.over; err == nil || err.Error() != "pop3: the client left without QUIT" {
			t.Errorf("ServeConn = %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		near, far := pair(t)
		server := parking(t)
		c := talk(t, ctx, server, near, far)
		awaitParked(t, server, 1)
		stop()
		if err := <-c.over; err == nil || err.Error() != "pop3: the server stops" {
			t.Errorf("ServeConn = %v", err)
		}
	})
}

// A parked session has no goroutine: there is one for all, and none if no session is parked.
func TestParkedSessionHasNoGoroutine(t *testing.T) {
	const sessions = 50
	server := parking(t)
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
	awaitParked(t, server, sessions)
	awaitGoroutines(t, before+1)
	for _, c := range open {
		c.conn.Close()
	}
	all.Wait()
	awaitGoroutines(t, before)
}

// awaitGoroutines returns when there are at most that many: what a goroutine has done can be known
// before it has ended.
func awaitGoroutines(t testing.TB, many int) {
	t.Helper()
	await(t, fmt.Sprintf("%d goroutines", many), func() bool { return runtime.NumGoroutine() <= many })
}

// Each parked session ends when its own time is over, not that of another.
func TestParkedSessionsHaveTheirOwnTime(t *testing.T) {
	server := parking(t)
	server.Limits.Idle = time.Hour
	server.Limits.Login = time.Second // in which a busy machine logs in, too
	talkOn := func() *client {
		near, far := pair(t)
		return talk(t, context.Background(), server, near, far)
	}
	logged := talkOn()
	logged.logIn()
	awaitParked(t, server, 1)
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

// A connection that was closed elsewhere is noticed when its descriptor is used again.
func TestParkedSessionLosesItsConnection(t *testing.T) {
	server := parking(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var near [16]net.Conn // the descriptor is free for one of these
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
	awaitParked(t, server, 1)
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

// On a socket, where a waiting session has no goroutine, a bare UTF8 is accepted as well.
func TestBareUTF8OfParkedSession(t *testing.T) {
	for _, wrap := range []func(*client){func(*client) {}, (*client).secure} {
		near, far := pair(t)
		server := parking(t)
		server.TLS = pop3test.TLS(t, "pop3")
		c := talk(t, context.Background(), server, near, far)
		wrap(c)
		awaitParked(t, server, 1)
		c.sends("UTF8")
		c.want("+OK UTF8")
		awaitParked(t, server, 1)
		c.sends("\r\n")
		c.say("NOOP", "QUIT")
		c.want("-ERR")
		c.want("+OK")
		if err := <-c.over; err != nil {
			t.Errorf("ServeConn = %v", err)
		}
	}
}
