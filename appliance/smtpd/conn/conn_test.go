package conn

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// writes is a connection that counts its writes.
type writes struct {
	net.Conn
	n int
}

func (w *writes) Write(p []byte) (int, error) {
	w.n++
	return w.Conn.Write(p)
}

// open returns a connection over a pipe, and its other end.
func open(ctx context.Context) (c *Conn, raw *writes, client net.Conn) {
	client, server := net.Pipe()
	raw, c = &writes{Conn: server}, new(Conn)
	c.Init(ctx, raw, Limits{Idle: time.Minute, Send: time.Minute}, nil)
	return c, raw, client
}

// TestGather: replies leave when a line is waited for, in one write, and before that if they are
// much (C1).
func TestGather(t *testing.T) { synctest.Test(t, testGather) }

func testGather(t *testing.T) {
	c, raw, client := open(t.Context())
	defer client.Close()
	in := bufio.NewReader(client)
	got := make(chan string)
	go func() {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				close(got)
				return
			}
			got <- line
		}
	}()
	go io.WriteString(client, "NOOP\r\nQUIT\r\n")
	say := func(text string) { c.Keep(append(c.Room(), text...)) }
	say("220 mail\r\n")
	for n, want := range []string{"NOOP", "QUIT"} {
		if line, err := c.ReadLine(100); err != nil || string(line) != want {
			t.Fatalf("got %q, %v; want %s", line, err, want)
		}
		say("250 OK\r\n")
		if raw.n != 1 {
			t.Errorf("%d writes after command %d, want that of the greeting", raw.n, n+1)
		}
		if n == 0 && <-got != "220 mail\r\n" {
			t.Error("the greeting is another")
		}
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		say(strings.Repeat("x", maxGathered) + "\r\n")
	}()
	for range 3 {
		<-got
	}
	<-said
	if raw.n != 2 {
		t.Errorf("%d writes, want one more when much is gathered", raw.n)
	}
	c.End()
	c.Close()
	if _, more := <-got; more {
		t.Error("something was sent at the end")
	}
}

// TestWaitsEnd: a wait for the client ends after the idle time, with the context, or by Interrupt,
// and so does every later one (C2, C5). A reply can still be sent.
func TestWaitsEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(c *Conn, cancel func())
		after time.Duration
		later time.Duration // the next wait
	}{
		{"the idle time", func(*Conn, func()) {}, time.Minute, time.Minute},
		{"the context", func(_ *Conn, cancel func()) { cancel() }, time.Second, 0},
		{"an interrupt", func(c *Conn, _ func()) { c.Interrupt() }, time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c, _, client := open(ctx)
				defer client.Close()
				time.AfterFunc(time.Second, func() { tt.end(c, cancel) })
				for n, want := range []time.Duration{tt.after, tt.later} {
					began := time.Now()
					_, err := c.ReadLine(100)
					if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != want {
						t.Errorf("wait %d ended after %v with %v, want %v", n+1, took, err, want)
					}
				}
				go io.Copy(io.Discard, client)
				c.Keep(append(c.Room(), "421 Bye\r\n"...))
				if err := c.Flush(); err != nil {
					t.Errorf("the last reply: %v", err)
				}
				c.End()
				c.Close()
			})
		})
	}
}

// TestSendEnds: a client that does not read has the time of a write, and half a second after
// Interrupt; then nothing is sent any more (C4, C5).
func TestSendEnds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		interrupt bool
		want      time.Duration
	}{{"usual", false, time.Minute}, {"interrupted", true, finalReply}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, raw, client := open(t.Context())
				defer client.Close()
				if tt.interrupt {
					c.Interrupt()
				}
				began := time.Now()
				c.Keep(append(c.Room(), "220 mail\r\n"...))
				if err := c.Flush(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != tt.want {
					t.Errorf("it ended after %v with %v, want %v", time.Since(began), err, tt.want)
				}
				c.Keep(append(c.Room(), "221 Bye\r\n"...))
				if err := c.Flush(); err == nil || raw.n != 1 {
					t.Errorf("after that: %v, %d writes", err, raw.n)
				}
				c.Close()
			})
		})
	}
}
