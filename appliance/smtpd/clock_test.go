package smtpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
)

// A caller is a client in a bubble of false time.
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

// hears reads one line for each of the beginnings that are wanted.
func (c *caller) hears(want ...string) {
	c.t.Helper()
	for _, w := range want {
		got, err := c.in.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, w) {
			c.t.Fatalf("got %q, %v; want %q", got, err, w)
		}
	}
}

// ends waits for the end of the session, which is so long after begin.
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
	for _, tt := range []struct{ name, said, heard string }{
		{"before a word", "", ""},
		{"between commands", "HELO client\r\n", "250"},
		{"inside a command", "HELO client\r\nNO", "250"},
		{"in content", untilData + "Subject: x\r\n", "250 250 250 354"},
		{"in a chunk", "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 9\r\nSubj", "250 250 250"},
		{"in an exchange", "HELO client\r\nAUTH LOGIN\r\n", "250 334"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(house)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.hears("220")
				if tt.said != "" {
					c.says(tt.said)
				}
				c.hears(strings.Fields(tt.heard)...)
				begin := time.Now()
				c.hears("421 4.4.2")
				if err := c.ends(begin, 5*time.Minute); err == nil {
					t.Error("ServeConn returned nil")
				}
				if h.begun != h.ended || len(h.mails()) > 0 {
					t.Errorf("%d deliveries begun, %d ended, %d mails", h.begun, h.ended, len(h.mails()))
				}
			})
		})
	}
}

// TestSlowSenderIsServed: a camera on a bad network needs an hour for its mail.
func TestSlowSenderIsServed(t *testing.T) {
	piece := strings.Repeat(strings.Repeat("x", 62)+"\r\n", 4*60) // as much as it has to bring in the time between two
	whole := "Subject: x\r\n\r\n" + strings.Repeat(piece, 15)
	for _, tt := range []struct{ name, before, content string }{
		{"content", untilData, whole + ".\r\n"},
		{"a chunk", fmt.Sprintf("HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT %d LAST\r\n", len(whole)), whole},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(house)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.hears("220")
				c.says(tt.before)
				c.hears("250", "250", "250")
				if strings.HasSuffix(tt.before, "DATA\r\n") {
					c.hears("354")
				}
				for rest := tt.content; rest != ""; {
					time.Sleep(4 * time.Minute)
					n := min(len(rest), len(piece))
					c.says(rest[:n])
					rest = rest[n:]
				}
				c.hears("250 2.0.0")
				if len(h.mails()) != 1 || !strings.HasSuffix(h.mails()[0].wire, whole+".\r\n") {
					t.Errorf("kept %q", h.show())
				}
				c.says("QUIT\r\n")
				c.hears("221")
				if err := c.ends(time.Now(), 0); err != nil {
					t.Errorf("ServeConn: %v", err)
				}
			})
		})
	}
}

// TestTricklingSenderIsCut: an octet a minute is no mail, though no silence is longer than a minute.
func TestTricklingSenderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(house)
		server, _ := newServer(h)
		c := call(t, t.Context(), server, false)
		c.hears("220")
		c.says(untilData)
		c.hears("250", "250", "250", "354")
		begin := time.Now()
		go func() {
			for err := error(nil); err == nil; {
				time.Sleep(time.Minute)
				_, err = c.conn.Write([]byte("x"))
			}
		}()
		c.hears("421 4.4.2")
		c.ends(begin, 10*time.Minute)
		if len(h.mails()) != 0 {
			t.Errorf("kept %q", h.show())
		}
		time.Sleep(time.Minute) // its last octet finds nobody
	})
}

// TestSlowCommandIsCut: five minutes are for all of a command.
func TestSlowCommandIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
		c := call(t, t.Context(), server, false)
		c.hears("220")
		begin := time.Now()
		go func() {
			for range 4 {
				c.conn.Write([]byte("x"))
				time.Sleep(time.Minute)
			}
		}()
		c.hears("421 4.4.2")
		c.ends(begin, 5*time.Minute)
	})
}

// TestDeafClientIsCut: who does not read what is said cannot hold the session.
func TestDeafClientIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
		begin := time.Now()
		c := call(t, t.Context(), server, false)
		if err := <-c.over; err == nil || time.Since(begin) != time.Minute {
			t.Errorf("ended with %v after %v", err, time.Since(begin))
		}
	})
}

func TestSlowHandshakeIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
		server.TLS = pop3test.TLS(t, "")
		c := call(t, t.Context(), server, true)
		begin := time.Now()
		if err := c.ends(begin, 10*time.Second); err == nil {
			t.Error("ServeConn returned nil")
		}
	})
}

// TestHandshakeIsItsOwners: the appliance bounds how many are under way.
func TestHandshakeIsItsOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
		server.TLS = pop3test.TLS(t, "")
		server.Handshake = func(ctx context.Context, conn *tls.Conn) error {
			<-ctx.Done() // no place came free
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
		server, _ := newServer(new(house))
		server.Auth = thinker{}
		c := call(t, t.Context(), server, false)
		c.hears("220")
		begin := time.Now()
		c.says("HELO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n")
		c.hears("250", "454 4.7.0")
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

// TestStop: a session that waits ends at once, wherever it is.
func TestStop(t *testing.T) {
	for _, tt := range []struct{ name, said, heard string }{
		{"before a word", "", ""},
		{"between commands", "HELO client\r\n", "250"},
		{"in content", untilData + "Subject: x\r\n", "250 250 250 354"},
		{"in an exchange", "HELO client\r\nAUTH LOGIN\r\n", "250 334"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(house)
				server, _ := newServer(h)
				ctx, stop := context.WithCancel(t.Context())
				c := call(t, ctx, server, false)
				c.hears("220")
				if tt.said != "" {
					c.says(tt.said)
				}
				c.hears(strings.Fields(tt.heard)...)
				synctest.Wait()
				begin := time.Now()
				stop()
				c.hears("421 4.3.2")
				if err := c.ends(begin, 0); err != nil {
					t.Errorf("ServeConn: %v", err)
				}
				if h.begun != h.ended || len(h.mails()) > 0 {
					t.Errorf("%d deliveries begun, %d ended, %d mails", h.begun, h.ended, len(h.mails()))
				}
			})
		})
	}
}

// TestStopWhileThinking: a login that takes its time does not hold the box up.
func TestStopWhileThinking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
		server.Auth = thinker{}
		ctx, stop := context.WithCancel(t.Context())
		c := call(t, ctx, server, false)
		c.hears("220")
		c.says("HELO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n")
		synctest.Wait()
		begin := time.Now()
		stop()
		c.hears("250", "421 4.3.2")
		c.ends(begin, 0)
	})
}

// TestStopWhileCommitting: the commit is finished and its 250 said; what was pipelined behind
// it is not done.
func TestStopWhileCommitting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{committing: make(chan struct{})}
		server, _ := newServer(h)
		ctx, stop := context.WithCancel(t.Context())
		c := call(t, ctx, server, false)
		c.hears("220")
		c.says(untilData)
		c.hears("250", "250", "250", "354")
		c.says("Subject: x\r\n\r\n.\r\nMAIL FROM:<>\r\n")
		synctest.Wait()
		stop()
		synctest.Wait()
		close(h.committing)
		c.hears("250 2.0.0", "421 4.3.2")
		c.ends(time.Now(), 0)
		if len(h.mails()) != 1 {
			t.Errorf("%d mails, want 1", len(h.mails()))
		}
	})
}

// TestStopWhileWriting: the next read ends at once, also when the end came between two reads.
func TestStopWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := &house{writing: func() {
			stop()
			time.Sleep(time.Second)
		}}
		server, _ := newServer(h)
		c := call(t, ctx, server, false)
		c.hears("220")
		c.says(untilData)
		c.hears("250", "250", "250", "354")
		begin := time.Now()
		c.says("Subject: x\r\n\r\n")
		go c.conn.Write(make([]byte, 64<<10))
		c.hears("421 4.3.2")
		c.ends(begin, time.Second)
	})
}

// TestLostMailIsAbortedAtOnce: what it took is free while its sender goes on sending.
func TestLostMailIsAbortedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(house)
		server, _ := newServer(h)
		server.MaxMessage = 100
		c := call(t, t.Context(), server, false)
		c.hears("220")
		c.says(untilData)
		c.hears("250", "250", "250", "354")
		c.says(strings.Repeat("x", 101))
		synctest.Wait()
		if h.begun != 1 || h.ended != 1 {
			t.Errorf("%d deliveries begun, %d ended", h.begun, h.ended)
		}
		c.says("\r\n.\r\n")
		c.hears("552")
		c.says("QUIT\r\n")
		c.hears("221")
		c.ends(time.Now(), 0)
	})
}

func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newServer(new(house))
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
