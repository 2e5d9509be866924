package pop3_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/pop3/pop3test"
)

// silence is how long a client that sent UTF8 without a line end has to be silent.
const silence = 500 * time.Millisecond

// secure puts TLS on a session, by STLS.
func (c *client) secure() {
	c.t.Helper()
	c.say("STLS")
	c.want("+OK")
	conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	c.in.Reset(conn)
}

// sends writes octets without a line end.
func (c *client) sends(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// wantAfter is want for a line that comes so long after began.
func (c *client) wantAfter(began time.Time, after time.Duration, prefix string) {
	c.t.Helper()
	c.want(prefix)
	if took := time.Since(began); took != after {
		c.t.Errorf("%q came after %v, want %v", prefix, took, after)
	}
}

// inBubble runs a test with false time, over plain POP3 and over TLS.
func inBubble(t *testing.T, test func(c *client)) {
	for _, secure := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server := newServer(sampleStore())
			server.TLS = pop3test.TLS(t, "pop3")
			c := talkPipe(t, server)
			if secure {
				c.secure()
			}
			test(c)
			c.conn.Close()
			<-c.over
		})
	}
}

// UTF8 without a line end is accepted after half a second of silence. What follows is read as
// usual.
func TestBareUTF8(t *testing.T) {
	for _, tt := range []struct{ name, before, code string }{
		{"at once", "", ""},
		{"behind a command", "NOOP\r\n", "-ERR"}, // in one segment
		{"behind USER", "USER anna\r\n", "+OK"},
		{"behind another one", "UTF8\r\n", "+OK UTF8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(c *client) {
				began := time.Now()
				c.sends(tt.before + "UTF8")
				if tt.code != "" {
					c.wantAfter(began, 0, tt.code)
				}
				c.wantAfter(began, silence, "+OK UTF8")
				c.say("AUTH PLAIN AGFubmEAYSBzZWNyZXQ=")
				c.want("+OK")
				c.say("NOOP", "QUIT")
				c.want("+OK")
				c.want("+OK")
			})
		})
	}
}

// The command has the same effect as with a line end: messages are sent as they are stored.
func TestBareUTF8Works(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(pop3test.Store)
		store.Deliver("anna", "Subject: ü\n\nbody\n")
		c := talkPipe(t, newServer(store))
		c.sends("UTF8")
		c.want("+OK UTF8")
		c.logIn()
		c.say("RETR 1")
		if got := c.multi(); got != "Subject: ü\r\n\r\nbody\r\n" {
			t.Errorf("got %q", got)
		}
		c.conn.Close()
		<-c.over
	})
}

// A line end within the silence ends the command at once. One that arrives later is dropped, once.
// Replies stay in step.
func TestBareUTF8WithLateLineEnd(t *testing.T) {
	for _, pieces := range [][]string{{"UTF8", "\r\n"}, {"UTF8", "\r", "\n"}, {"U", "T", "F8\r\n"}, {"UTF", "8", "\r\n"}} {
		inBubble(t, func(c *client) {
			for i, piece := range pieces {
				if i > 0 {
					time.Sleep(silence - time.Millisecond)
				}
				c.sends(piece)
			}
			c.wantAfter(time.Now(), 0, "+OK UTF8")
			c.say("NOOP")
			c.want("-ERR")
		})
	}
	inBubble(t, func(c *client) {
		began := time.Now()
		c.sends("UTF8")
		c.wantAfter(began, silence, "+OK UTF8")
		time.Sleep(time.Second)
		c.say("", "USER anna", "", "PASS a secret") // the second one is a line like others
		for _, want := range []string{"+OK now", "-ERR", "-ERR"} {
			c.want(want)
		}
	})
}

// Nothing else is accepted without a line end.
func TestNothingElseIsBare(t *testing.T) {
	for _, text := range []string{"QUIT", "CAPA", "STLS", "AUTH", "NOOP", "UTF", "utf8", "Utf8", " UTF8", "UTF8 ", "UTF8\r", "UTF88",
		"UTF8QUIT", "USER anna", "NOOP\r\nQUIT", "NOOP\r\nUTF8 "} {
		t.Run(text, func(t *testing.T) {
			inBubble(t, func(c *client) {
				began := time.Now()
				c.sends(text)
				if strings.Contains(text, "\r\n") {
					c.wantAfter(began, 0, "-ERR")
				}
				began = time.Now()
				go func() {
					time.Sleep(50 * time.Second)
					c.sends("\r\n")
				}()
				c.wantAfter(began, 50*time.Second, "")
			})
		})
	}
	for _, rest := range []string{"x", " ", "\x00", "\r", "QUIT"} {
		t.Run("UTF8 and later "+rest, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				c := talkPipe(t, newServer(sampleStore()))
				c.sends("UTF8")
				time.Sleep(silence - time.Millisecond)
				c.sends(rest)
				if rest == "\x00" {
					c.wantAfter(began, silence-time.Millisecond, "-ERR")
					<-c.over
					return
				}
				c.lasts(began, time.Minute) // and no reply
			})
		})
	}
}

// A bare UTF8 is a command only where a command may be: not in an exchange, and not after the
// login.
func TestBareUTF8ElsewhereIsNone(t *testing.T) {
	t.Run("exchange", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c := talkPipe(t, newServer(sampleStore()))
			c.say("AUTH LOGIN")
			c.want("+ ")
			c.sends("UTF8")
			c.lasts(began, time.Minute)
		})
	})
	t.Run("after the login", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := talkPipe(t, newServer(sampleStore()))
			c.logIn()
			began := time.Now()
			c.sends("UTF8")
			c.lasts(began, 10*time.Minute)
		})
	})
}

// What ends a wait for a line ends the wait for the silence.
func TestBareUTF8Ends(t *testing.T) {
	t.Run("the client leaves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := talkPipe(t, newServer(sampleStore()))
			c.sends("UTF8")
			synctest.Wait()
			c.conn.Close()
			if err := <-c.over; err == nil || err.Error() != "pop3: the client left inside a line" {
				t.Errorf("ServeConn = %v", err)
			}
		})
	})
	t.Run("the server stops", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			near, far := net.Pipe()
			c := talk(t, ctx, newServer(sampleStore()), near, far)
			c.sends("UTF8")
			synctest.Wait()
			began := time.Now()
			stop()
			c.lasts(began, 0)
		})
	})
	t.Run("the time to log in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c := talkPipe(t, newServer(sampleStore()))
			time.Sleep(time.Minute - silence/2)
			c.sends("UTF8")
			c.lasts(began, time.Minute)
		})
	})
}
