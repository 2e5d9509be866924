package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// lasts waits for the end of a session, and checks when it comes and that nothing is said.
func (c *client) lasts(began time.Time, want time.Duration) {
	c.t.Helper()
	if err := c.end(); err == nil {
		c.t.Errorf("ServeConn = nil, want an error")
	}
	if got := time.Since(began); got != want {
		c.t.Errorf("the session lasts %v, want %v", got, want)
	}
}

// No client holds a session for more than 60 s without a login or a handshake, whatever it sends.
func TestLoginTimeIsBounded(t *testing.T) {
	tests := []struct {
		name string
		does func(c *client) // until the session ends
	}{
		{"silence", func(c *client) {}},
		{"silence after USER", func(c *client) { c.say("USER anna"); c.want("+OK") }},
		{"an octet a second", func(c *client) {
			for range 59 {
				time.Sleep(time.Second) // of the bubble: no time passes outside
				io.WriteString(c.conn, "x")
			}
		}},
		{"CAPA every 10 s", func(c *client) {
			for range 5 {
				time.Sleep(10 * time.Second)
				c.say("CAPA")
				c.multi()
			}
		}},
		{"in a SASL exchange", func(c *client) { c.say("AUTH LOGIN"); c.want("+ "); c.say("YW5uYQ=="); c.want("+ ") }},
		{"a reply that is not read", func(c *client) { c.say("CAPA"); time.Sleep(time.Minute); c.in.Reset(strings.NewReader("")) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				c := talkPipe(t, newServer(sampleStore()))
				tt.does(c)
				c.lasts(began, time.Minute)
			})
		})
	}
}

// After a handshake, a client has three minutes for its login, because its user may compare the
// fingerprint of the certificate. Nothing extends them, and they begin after the handshake, however
// late it was.
func TestLoginTimeAfterHandshake(t *testing.T) {
	const late = 50 * time.Second
	for _, tt := range []struct {
		name string
		does func(c *client)
		want time.Duration // 0: the login is in time
	}{
		{"silence", func(c *client) {}, 3 * time.Minute},
		{"CAPA every 20 s", func(c *client) {
			for range 8 {
				time.Sleep(20 * time.Second)
				c.say("CAPA")
				c.multi()
			}
		}, 3 * time.Minute},
		{"a wrong password", func(c *client) {
			time.Sleep(2 * time.Minute)
			c.say("USER anna", "PASS wrong")
			c.want("+OK")
			c.want("-ERR [AUTH]")
		}, 3 * time.Minute},
		{"an Authenticator that does not decide", func(c *client) { c.say("USER anna"); c.want("+OK"); c.say("PASS x") }, 3 * time.Minute},
		{"a login in time", func(c *client) { time.Sleep(3*time.Minute - time.Second); c.logIn() }, 0},
	} {
		for _, implicit := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, implicit TLS %v", tt.name, implicit), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := newServer(sampleStore())
					server.TLS = pop3test.TLS(t, "pop3")
					if strings.HasPrefix(tt.name, "an Auth") {
						server.Auth = slowly{}
					}
					near, far := net.Pipe()
					c := &client{t: t, conn: near, in: bufio.NewReader(near), over: make(chan error, 1)}
					go func() { c.over <- server.ServeConn(t.Context(), far, implicit) }()
					if implicit {
						c.conn = tls.Client(near, &tls.Config{InsecureSkipVerify: true})
						c.in.Reset(c.conn)
						c.want("+OK")
					} else {
						c.want("+OK")
						time.Sleep(late)
						c.secure()
					}
					began := time.Now()
					tt.does(c)
					if tt.want == 0 {
						c.say("QUIT")
						c.want("+OK")
						c.end()
						return
					}
					c.lasts(began, tt.want)
				})
			})
		}
	}
}

// An Authenticator that takes its time gets a context that ends with the login time.
func TestLoginTimeEndsAuthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(sampleStore())
		server.Auth = slowly{}
		began := time.Now()
		c := talkPipe(t, server)
		c.say("USER anna")
		c.want("+OK")
		c.say("PASS a secret")
		c.lasts(began, time.Minute)
	})
}

// slowly never comes to a decision.
type slowly struct{}

func (slowly) Authenticate(ctx context.Context, _ pop3.Credentials) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// When a client disconnects while its password is verified, the context of the Authenticator ends.
func TestHangUpEndsAuthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(sampleStore())
		server.Auth = slowly{}
		began := time.Now()
		c := talkPipe(t, server)
		c.say("USER anna")
		c.want("+OK")
		c.say("PASS a secret")
		synctest.Wait()
		c.conn.Close()
		<-c.over
		if took := time.Since(began); took != 0 {
			t.Errorf("the session goes on for %v", took)
		}
	})
}

// D11, RFC 1939 §3: autologout comes after 10 minutes and not before. Nothing is sent and nothing
// deleted.
func TestD11IdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sampleStore()
		c := talkPipe(t, newServer(store))
		c.logIn()
		c.say("DELE 1")
		c.want("+OK")
		time.Sleep(10*time.Minute - time.Second)
		c.say("NOOP")
		c.want("+OK")
		c.lasts(time.Now(), 10*time.Minute)
		if got := len(store.UIDs("anna")); got != 3 {
			t.Errorf("%d messages are left, want 3", got)
		}
	})
}

// A command that arrives in pieces has 10 minutes in all.
func TestIdleTimeIsForWholeCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkPipe(t, newServer(sampleStore()))
		c.logIn()
		began := time.Now()
		for range 3 {
			io.WriteString(c.conn, "N")
			time.Sleep(3 * time.Minute)
		}
		c.lasts(began, 10*time.Minute)
	})
}

// A client that stops reading in the middle of a message is disconnected after 10 minutes. One that
// continues to read, however slowly, is not.
func TestSlowReaders(t *testing.T) {
	store := new(pop3test.Store)
	mail := "Subject: large\r\n\r\n" + strings.Repeat("0123456789abcd\r\n", 20_000)
	store.Deliver("anna", mail)
	t.Run("stops", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := talkPipe(t, newServer(store))
			c.logIn()
			began := time.Now()
			c.say("RETR 1")
			c.want("+OK")
			if err := <-c.over; err == nil || time.Since(began) != 10*time.Minute {
				t.Errorf("ServeConn = %v after %v, want an error after 10 minutes", err, time.Since(began))
			}
		})
	})
	t.Run("slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			c := talk(t, context.Background(), newServer(store), near, far)
			c.logIn()
			c.in = bufio.NewReader(slowReader{near})
			began := time.Now()
			c.say("RETR 1")
			if got := c.multi(); got != mail {
				t.Errorf("got %d octets, want %d", len(got), len(mail))
			}
			if took := time.Since(began); took < time.Hour {
				t.Errorf("the download took %v: this tests nothing", took)
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	})
}

// A slowReader reads 4 KiB a minute.
type slowReader struct{ io.Reader }

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(time.Minute)
	return s.Reader.Read(p[:min(len(p), 4<<10)])
}

// A TLS handshake has 10 s, at the beginning and after STLS.
func TestHandshakeTime(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			server := newServer(sampleStore())
			server.TLS = pop3test.TLS(t, "pop3")
			near, far := net.Pipe()
			over := make(chan error, 1)
			go func() { over <- server.ServeConn(context.Background(), far, implicit) }()
			began := time.Now()
			if !implicit {
				in := bufio.NewReader(near)
				in.ReadString('\n')
				io.WriteString(near, "STLS\r\n")
				in.ReadString('\n')
			}
			if err := <-over; err == nil || time.Since(began) != 10*time.Second {
				t.Errorf("implicit TLS %v: ServeConn = %v after %v, want an error after 10 s", implicit, err, time.Since(began))
			}
		})
	}
}

// When the server stops, a waiting session ends at once, before and after the login, and deletes
// nothing.
func TestStopEndsIdleSessions(t *testing.T) {
	for _, loggedIn := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := sampleStore()
			ctx, stop := context.WithCancel(t.Context())
			near, far := net.Pipe()
			c := talk(t, ctx, newServer(store), near, far)
			if loggedIn {
				c.logIn()
				c.say("DELE 1")
				c.want("+OK")
			}
			synctest.Wait()
			began := time.Now()
			stop()
			if err := c.end(); err == nil || !strings.Contains(err.Error(), "stops") || time.Since(began) != 0 {
				t.Errorf("ServeConn = %v after %v, want at once that the server stops", err, time.Since(began))
			}
			if got := len(store.UIDs("anna")); got != 3 {
				t.Errorf("%d messages are left, want 3", got)
			}
		})
	}
}

// When the server stops in the middle of a reply, the reply is completed. The command that follows
// is not executed.
func TestStopLetsReplyFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sampleStore()
		store.Deliver("anna", "Subject: large\n\n"+strings.Repeat("0123456789abcde\n", 20_000))
		ctx, stop := context.WithCancel(t.Context())
		near, far := net.Pipe()
		c := talk(t, ctx, newServer(store), near, far)
		c.logIn()
		c.say("DELE 1", "RETR 4", "QUIT")
		c.want("+OK")
		stop()
		synctest.Wait()
		if got := len(c.multi()); got != 340_018 {
			t.Errorf("the mail has %d octets, want 340018", got)
		}
		c.lasts(time.Now(), 0)
		if got := len(store.UIDs("anna")); got != 4 {
			t.Errorf("%d messages are left, want 4", got)
		}
	})
}

// After QUIT, UPDATE is completed, also if the client has disconnected and the server stops.
func TestUpdateFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{Store: sampleStore()}
		ctx, stop := context.WithCancel(t.Context())
		near, far := net.Pipe()
		c := talk(t, ctx, newServer(store), near, far)
		c.logIn()
		c.say("DELE 1")
		c.want("+OK")
		c.say("QUIT")
		c.conn.Close()
		stop()
		err := <-c.over
		if errors.Is(err, context.Canceled) {
			t.Errorf("ServeConn = %v", err)
		}
		if got := len(store.UIDs("anna")); got != 2 {
			t.Errorf("%d messages are left, want 2", got)
		}
	})
}

// A command that arrives while the password is still verified is answered after it, STLS too.
func TestNextCommandWhileVerifying(t *testing.T) {
	server := newServer(sampleStore())
	server.TLS = pop3test.TLS(t, "pop3")
	waits := make(waiting)
	server.Auth = waits
	c := talkPipe(t, server)
	c.say("AUTH PLAIN AGFubmEAeA==")
	c.say("STLS") // net.Pipe: the session has read it when this returns
	close(waits)
	c.want("-ERR [AUTH]")
	c.want("+OK begin TLS")
	conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "QUIT\r\n")
	if got, err := io.ReadAll(conn); string(got) != "+OK bye\r\n" || err != nil {
		t.Errorf("the session says %q (%v)", got, err)
	}
	<-c.over
}

// waiting is an Authenticator that refuses when it is closed.
type waiting chan struct{}

func (w waiting) Authenticate(context.Context, pop3.Credentials) (string, error) {
	<-w
	return "", pop3.ErrAuth
}
