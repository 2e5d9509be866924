package conn_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/wire"
)

// TestWaits: what ends a wait for the client, when, and with which error.
func TestWaits(t *testing.T) {
	const limit = time.Minute
	read := func(ctx context.Context, c *conn.Conn) error { _, err := c.ReadLine(ctx, 100); return err }
	try := func(ctx context.Context, c *conn.Conn) error { _, err := c.TryReadLine(ctx, 100, ""); return err }
	rest := func(ctx context.Context, c *conn.Conn) error {
		_, _, err := c.ReadRest(ctx, 100, time.Second)
		return err
	}
	send := func(_ context.Context, c *conn.Conn) error { c.Say("+OK"); return c.Flush() }
	body := func(_ context.Context, c *conn.Conn) error {
		_, err := c.SendBody(memory{strings.NewReader(strings.Repeat("x", 100_000))}, 0)
		return err
	}
	nothing := func(net.Conn) {}
	type call = func(context.Context, *conn.Conn) error
	for _, tt := range []struct {
		name    string
		limited bool
		calls   []call
		client  func(net.Conn)
		want    error
		after   time.Duration
	}{
		{"silence", false, []call{read, try}, nothing, conn.ErrIdle, idle},
		{"silence before the limit", true, []call{read, try}, nothing, conn.ErrLimit, limit},
		{"a part of a line", true, []call{read, try, rest}, func(c net.Conn) { io.WriteString(c, "x") }, conn.ErrLimit, limit},
		{"nothing is taken", false, []call{send, body}, nothing, conn.ErrSlow, idle},
		{"nothing is taken before the limit", true, []call{send, body}, nothing, conn.ErrLimit, limit},
		{"the client leaves", false, []call{read, try, rest}, func(c net.Conn) { c.Close() }, io.EOF, 0},
		{"the client leaves in a line", false, []call{read, try, rest}, func(c net.Conn) { io.WriteString(c, "x"); c.Close() }, io.ErrUnexpectedEOF, 0},
		{"a long line", false, []call{read, try, rest}, func(c net.Conn) { io.WriteString(c, strings.Repeat("x", 100)) }, wire.ErrLongLine, 0},
	} {
		for i, call := range tt.calls {
			synctest.Test(t, func(t *testing.T) {
				c, client := pipe(t)
				if tt.limited {
					c.SetLimit(time.Now().Add(limit))
				}
				began := time.Now()
				go tt.client(client)
				if err := call(t.Context(), c); err != tt.want || time.Since(began) != tt.after {
					t.Errorf("%s, call %d: %v after %v, want %v after %v", tt.name, i, err, time.Since(began), tt.want, tt.after)
				}
			})
		}
	}
}

// TestStop: when the context of Run ends, a wait for a line ends; what is gathered was sent before.
func TestStop(t *testing.T) {
	for _, before := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c, client := pipe(t)
			ctx, stop := context.WithCancel(t.Context())
			if before {
				stop()
			}
			over := make(chan error, 1)
			step := func(ctx context.Context) error {
				c.Say("+OK")
				_, err := c.TryReadLine(ctx, 100, "")
				return err
			}
			go c.Run(ctx, step, nil, func(err error) { over <- err })
			said := make([]byte, 5)
			if _, err := io.ReadFull(client, said); string(said) != "+OK\r\n" || err != nil {
				t.Errorf("said %q, %v", said, err)
			}
			synctest.Wait()
			stopped := time.Now()
			stop()
			if err := <-over; err != conn.ErrStopping || time.Since(stopped) != 0 {
				t.Errorf("over: %v, after %v", err, time.Since(stopped))
			}
		})
	}
}

// TestBare: a bare line is reported at once, and is a line after silence. A line end that comes
// before makes it a line like others.
func TestBare(t *testing.T) {
	const silence = time.Second
	for _, tt := range []struct {
		name, pieces string // separated by blanks, half of the silence between two
		first        error
		line         string
		bare         bool
	}{
		{"bare", "UTF8", conn.ErrBare, "UTF8", true},
		{"a line end", "UTF8 \r\n", conn.ErrBare, "UTF8", false},
		{"more", "UTF8 x\r\n", conn.ErrBare, "UTF8x", false},
		{"whole", "UTF8\r\n", nil, "UTF8", false},
		{"another", "UTF \r\n", nil, "UTF", false},
		{"in two pieces", "UT F8", conn.ErrBare, "UTF8", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, client := pipe(t)
				go func() {
					for piece := range strings.SplitSeq(tt.pieces, " ") {
						io.WriteString(client, piece)
						time.Sleep(silence / 2)
					}
				}()
				line, err := c.TryReadLine(t.Context(), 100, "UTF8")
				bare := false
				if err != tt.first {
					t.Fatalf("TryReadLine = %q, %v, want %v", line, err, tt.first)
				}
				if err == conn.ErrBare {
					line, bare, err = c.ReadRest(t.Context(), 100, silence)
				}
				if string(line) != tt.line || bare != tt.bare || err != nil || c.Buffered() != 0 {
					t.Errorf("the line is %q, %v, %v, and %d octets are left", line, bare, err, c.Buffered())
				}
				time.Sleep(silence)
			})
		})
	}
}

// TestWhileConnected: the context ends when the client leaves, but not if it sends its next line.
func TestWhileConnected(t *testing.T) {
	for _, tt := range []struct {
		name   string
		client func(net.Conn)
		ended  bool
	}{
		{"leaves", func(c net.Conn) { c.Close() }, true},
		{"sends", func(c net.Conn) { io.WriteString(c, "next\r\n") }, false},
		{"waits", func(c net.Conn) {}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, client := pipe(t)
				ended := false
				c.WhileConnected(t.Context(), func(ctx context.Context) {
					go tt.client(client)
					synctest.Wait()
					ended = ctx.Err() != nil
				})
				if ended != tt.ended {
					t.Errorf("the context has ended: %v", ended)
				}
				if tt.name != "sends" {
					return
				}
				c.WhileConnected(t.Context(), func(context.Context) {}) // which does not read
				if line, err := c.ReadLine(t.Context(), 100); string(line) != "next" || err != nil {
					t.Errorf("ReadLine = %q, %v", line, err)
				}
			})
		})
	}
}
