package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
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

// Nobody holds a session for more than 60 s without a login, however the time is passed (slowloris).
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
				c := talkPipe(t, newServer(furnished()))
				tt.does(c)
				c.lasts(began, time.Minute)
			})
		})
	}
}

// An Authenticator that takes its time gets a context that ends with the login time.
func TestLoginTimeEndsAuthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(furnished())
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

// A client that hangs up while its password is verified does not keep the Authenticator waiting.
func TestHangUpEndsAuthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(furnished())
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

// D11, RFC 1939 §3: autologout comes after 10 minutes and not before; nothing is said and nothing deleted.
func TestD11IdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := furnished()
		c := talkPipe(t, newServer(store))
		c.logIn()
		c.say("DELE 1")
		c.want("+OK")
		time.Sleep(10*time.Minute - time.Second)
		c.say("NOOP")
		c.want("+OK")
		c.lasts(time.Now(), 10*time.Minute)
		if got := len(store.UIDs("anna")); got != 3 {
			t.Errorf("%d mails are left, want 3", got)
		}
	})
}

// A command that arrives in pieces has the same 10 minutes as a whole one.
func TestIdleTimeIsForWholeCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkPipe(t, newServer(furnished()))
		c.logIn()
		began := time.Now()
		for range 3 {
			io.WriteString(c.conn, "N")
			time.Sleep(3 * time.Minute)
		}
		c.lasts(began, 10*time.Minute)
	})
}

// A client that stops reading in the middle of a mail is cut after 10 minutes; one that
// reads on, however slowly, is not.
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

// A file is taken at a pace of 32 KiB in 10 minutes, as everything else is: whoever takes less has one deadline for it
// all, whoever takes that much has a new one, for hours.
func TestPaceOfFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := pop3.Pace(10 * time.Minute)
		began := time.Now()
		for octets := range int64(3) { // an octet every three minutes
			if got := left(octets); got != began.Add(10*time.Minute) {
				t.Errorf("after %v and %d octets the deadline is at %v", time.Since(began), octets, got.Sub(began))
			}
			time.Sleep(3 * time.Minute)
		}
		for n := range int64(20) {
			now := time.Now()
			if got := left((n + 1) * pop3.GatherSize); got != now.Add(10*time.Minute) {
				t.Errorf("after %v and %d octets the deadline is in %v", now.Sub(began), n, got.Sub(now))
			}
			time.Sleep(9 * time.Minute)
		}
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
			server := newServer(furnished())
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

// When the server stops, a session that waits ends at once, before and after the login, and deletes nothing.
func TestStopEndsIdleSessions(t *testing.T) {
	for _, loggedIn := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := furnished()
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
				t.Errorf("%d mails are left, want 3", got)
			}
		})
	}
}

// When the server stops in the middle of a reply, the reply comes to its end; the command behind it is not run.
func TestStopLetsReplyFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := furnished()
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
			t.Errorf("%d mails are left, want 4", got)
		}
	})
}

// When QUIT was said, UPDATE comes to its end, also when the client is gone and the server stops.
func TestUpdateFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{Store: furnished()}
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
			t.Errorf("%d mails are left, want 2", got)
		}
	})
}

// A client that is quick with its next command, while its password is still verified, finds it answered: STLS too.
func TestNextCommandWhileVerifying(t *testing.T) {
	server := newServer(furnished())
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
