package smtpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
)

// A caller is a client in a synctest bubble.
type caller struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	over chan error // what ServeConn returned
}

// call serves one session over a pipe.
func call(t *testing.T, ctx context.Context, server *smtpd.Server, implicitTLS bool) *caller {
	client, conn := net.Pipe()
	c := &caller{t, client, bufio.NewReader(client), make(chan error, 1)}
	go func() { c.over <- server.ServeConn(ctx, conn, implicitTLS) }()
	return c
}

func (c *caller) says(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatalf("saying %q: %v", text, err)
	}
}

// expects reads one line for each wanted prefix.
func (c *caller) expects(want ...string) {
	c.t.Helper()
	for _, w := range want {
		got, err := c.in.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, w) {
			c.t.Fatalf("got %q, %v; want %q", got, err, w)
		}
	}
}

// ends waits for the end of the session, which must come after the given time since begin.
func (c *caller) ends(begin time.Time, after time.Duration) error {
	c.t.Helper()
	if rest, err := c.in.ReadString('\n'); err != io.EOF {
		c.t.Errorf("got %q, %v; want the end", rest, err)
	}
	err := <-c.over
	if took := time.Since(begin); took != after {
		c.t.Errorf("it took %v, want %v", took, after)
	}
	return err
}

const untilData = "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n"

func TestIdleClientIsCut(t *testing.T) {
	const chunk = "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 9\r\nSubj"
	for _, tt := range []struct {
		name, said, replies string
		after               time.Duration
	}{
		{"before a word", "", "", 5 * time.Minute},
		{"between commands", "HELO client\r\n", "250", 5 * time.Minute},
		{"inside a command", "HELO client\r\nNO", "250", 5 * time.Minute},
		{"in content", untilData + "Subject: x\r\n", "250 250 250 354", 4 * time.Minute},
		{"in a chunk", chunk, "250 250 250", 4 * time.Minute},
		{"between two chunks", chunk + "ect:x", "250 250 250 250", 4 * time.Minute},
		{"in a chunk that is refused", "HELO client\r\nBDAT 9\r\nSubj", "250", 4 * time.Minute},
		{"after a chunk that is refused", "HELO client\r\nBDAT 1\r\nx", "250 503", 5 * time.Minute},
		{"after a message", untilData + ".\r\n", "250 250 250 354 250", 5 * time.Minute},
		{"in an exchange", "HELO client\r\nAUTH LOGIN\r\n", "250 334", 5 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(backend)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.expects("220")
				if tt.said != "" {
					c.says(tt.said)
				}
				c.expects(strings.Fields(tt.replies)...)
				begin := time.Now()
				c.expects("421 4.4.2")
				if err := c.ends(begin, tt.after); err == nil {
					t.Error("ServeConn returned nil")
				}
				if h.begun != h.ended || len(h.messages()) > 0 && tt.name != "after a message" {
					t.Errorf("%d deliveries begun, %d ended, %d messages", h.begun, h.ended, len(h.messages()))
				}
			})
		})
	}
}

// TestSlowCommandIsCut: five minutes are the limit for a whole command.
func TestSlowCommandIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		c := call(t, t.Context(), server, false)
		c.expects("220")
		begin := time.Now()
		go func() {
			for range 4 {
				c.conn.Write([]byte("x"))
				time.Sleep(time.Minute)
			}
		}()
		c.expects("421 4.4.2")
		c.ends(begin, 5*time.Minute)
	})
}

// TestDeafClientIsCut: a client that does not read replies cannot hold the session.
func TestDeafClientIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		begin := time.Now()
		c := call(t, t.Context(), server, false)
		if err := <-c.over; err == nil || time.Since(begin) != time.Minute {
			t.Errorf("ended with %v after %v", err, time.Since(begin))
		}
	})
}

func TestSlowHandshakeIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		server.TLS = pop3test.TLS(t, "")
		c := call(t, t.Context(), server, true)
		begin := time.Now()
		if err := c.ends(begin, 10*time.Second); err == nil {
			t.Error("ServeConn returned nil")
		}
	})
}

// TestHandshakeIsItsOwners: Server.Handshake limits how many are in progress.
func TestHandshakeIsItsOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		server.TLS = pop3test.TLS(t, "")
		server.Handshake = func(ctx context.Context, conn *tls.Conn) error {
			<-ctx.Done() // no slot became free
			return ctx.Err()
		}
		c := call(t, t.Context(), server, true)
		if err := c.ends(time.Now(), 10*time.Second); err != context.DeadlineExceeded {
			t.Errorf("ServeConn returned %v", err)
		}
	})
}

// TestSlowAuthenticatorIsCut: its ctx ends.
func TestSlowAuthenticatorIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		server.Auth = thinker{}
		c := call(t, t.Context(), server, false)
		c.expects("220")
		begin := time.Now()
		c.says("HELO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n")
		c.expects("250", "454 4.7.0")
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		c.conn.Close()
		<-c.over
	})
}

type thinker struct{}

func (thinker) Authenticate(ctx context.Context, _ smtpd.Credentials) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// TestStop: a waiting session ends at once, in any state.
func TestStop(t *testing.T) {
	for _, tt := range []struct{ name, said, replies string }{
		{"before a word", "", ""},
		{"between commands", "HELO client\r\n", "250"},
		{"in content", untilData + "Subject: x\r\n", "250 250 250 354"},
		{"in an exchange", "HELO client\r\nAUTH LOGIN\r\n", "250 334"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(backend)
				server, _ := newServer(h)
				ctx, stop := context.WithCancel(t.Context())
				c := call(t, ctx, server, false)
				c.expects("220")
				if tt.said != "" {
					c.says(tt.said)
				}
				c.expects(strings.Fields(tt.replies)...)
				synctest.Wait()
				begin := time.Now()
				stop()
				c.expects("421 4.3.2")
				if err := c.ends(begin, 0); err != nil {
					t.Errorf("ServeConn: %v", err)
				}
				if h.begun != h.ended || len(h.messages()) > 0 {
					t.Errorf("%d deliveries begun, %d ended, %d messages", h.begun, h.ended, len(h.messages()))
				}
			})
		})
	}
}

// TestStopWhileThinking: a slow login does not delay the shutdown.
func TestStopWhileThinking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		server.Auth = thinker{}
		ctx, stop := context.WithCancel(t.Context())
		c := call(t, ctx, server, false)
		c.expects("220")
		c.says("HELO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n")
		synctest.Wait()
		begin := time.Now()
		stop()
		c.expects("250", "421 4.3.2")
		c.ends(begin, 0)
	})
}

// TestStopWhileCommitting: the commit is finished and its 250 sent; commands that were pipelined
// after it are not executed.
func TestStopWhileCommitting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &backend{committing: make(chan struct{})}
		server, _ := newServer(h)
		ctx, stop := context.WithCancel(t.Context())
		c := call(t, ctx, server, false)
		c.expects("220")
		c.says(untilData)
		c.expects("250", "250", "250", "354")
		c.says("Subject: x\r\n\r\n.\r\nMAIL FROM:<>\r\n")
		synctest.Wait()
		stop()
		synctest.Wait()
		close(h.committing)
		c.expects("250 2.0.0", "421 4.3.2")
		c.ends(time.Now(), 0)
		if len(h.messages()) != 1 {
			t.Errorf("%d messages, want 1", len(h.messages()))
		}
	})
}

// TestStopWhileWriting: the next read ends at once, even if the end came between two reads.
func TestStopWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := &backend{writing: sync.OnceFunc(func() {
			stop()
			time.Sleep(time.Second)
		})}
		server, _ := newServer(h)
		c := call(t, ctx, server, false)
		c.expects("220")
		c.says(untilData)
		c.expects("250", "250", "250", "354")
		begin := time.Now()
		c.says("Subject: x\r\n\r\n")
		go c.conn.Write(make([]byte, 64<<10))
		c.expects("421 4.3.2")
		c.ends(begin, time.Second)
	})
}

// TestLostMailIsAbortedAtOnce: its room is free while its sender continues to send.
func TestLostMailIsAbortedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(backend)
		server, _ := newServer(h)
		server.MaxMessage = 100
		c := call(t, t.Context(), server, false)
		c.expects("220")
		c.says(untilData)
		c.expects("250", "250", "250", "354")
		c.says(strings.Repeat("x", 101))
		synctest.Wait()
		if h.begun != 1 || h.ended != 1 {
			t.Errorf("%d deliveries begun, %d ended", h.begun, h.ended)
		}
		c.says("\r\n.\r\n")
		c.expects("552")
		c.says("QUIT\r\n")
		c.expects("221")
		c.ends(time.Now(), 0)
	})
}

func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(backend))
		client, conn := net.Pipe()
		go server.Refuse(conn, "too many connections")
		got, err := io.ReadAll(client)
		if string(got) != "421 4.7.0 too many connections\r\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}

		_, conn = net.Pipe() // whose client does not read
		begin := time.Now()
		server.Refuse(conn, "too many connections")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestInterruptedMail: an interrupted message is aborted at once, and its session ends with 421,
// whether the client is silent or continues to send.
func TestInterruptedMail(t *testing.T) {
	chunk := "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 9\r\nSubject:x"
	for _, tt := range []struct{ name, said, replies, more string }{
		{"in content", untilData + "Subject: x\r\n", "250 250 250 354", ""},
		{"between two chunks", chunk, "250 250 250 250", ""},
		{"and it sends on", untilData + "Subject: x\r\n", "250 250 250 354", "more\r\n.\r\nMAIL FROM:<>\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(backend)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.expects("220")
				c.says(tt.said)
				c.expects(strings.Fields(tt.replies)...)
				synctest.Wait()
				begin := time.Now()
				h.interrupt()
				if tt.more != "" {
					go c.conn.Write([]byte(tt.more))
				}
				c.expects("421 4.3.1 Insufficient storage; try again later")
				if h.begun != 1 || h.ended != 1 || len(h.messages()) != 0 {
					t.Errorf("%d deliveries begun, %d ended, %d messages", h.begun, h.ended, len(h.messages()))
				}
				if err := c.ends(begin, 0); err == nil {
					t.Error("ServeConn returned nil")
				}
			})
		})
	}
}

// TestInterruptedMailWithoutAReader: an interrupted message is aborted soon even if its client does
// not read the replies.
func TestInterruptedMailWithoutAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(backend)
		server, _ := newServer(h)
		c := call(t, t.Context(), server, false)
		c.expects("220")
		c.says("HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 9\r\nSubject:x")
		synctest.Wait() // the session sends
		h.interrupt()
		time.Sleep(600 * time.Millisecond)
		synctest.Wait()
		h.mu.Lock()
		if h.begun != 1 || h.ended != 1 {
			t.Errorf("%d deliveries begun, %d ended", h.begun, h.ended)
		}
		h.mu.Unlock()
		c.conn.Close()
		<-c.over
	})
}
