package conn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pillarbox/pop3/conn"
)

// tcp returns the ends of a loopback connection with small buffers: that of the client, and of a
// Conn that is parked as soon as it waits.
func tcp(t *testing.T) (client, server *net.TCPConn, pool *conn.Pool) {
	t.Helper()
	client, server = conn.SmallBuffers(t)
	return client, server, &conn.Pool{ParkAfter: time.Millisecond}
}

// await returns when a condition holds that other goroutines bring about without a signal. It ends
// the test after a minute.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for by := time.Now().Add(time.Minute); !holds(); runtime.Gosched() {
		if time.Now().After(by) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// An echo is a session that answers each line with itself, and ends with the line "end".
type echo struct {
	c     conn.Conn
	steps atomic.Int32 // how often Run has called it
	ends  bool         // the last reply is gathered
}

func (e *echo) step(ctx context.Context) error {
	e.steps.Add(1)
	for !e.ends {
		line, err := e.c.TryReadLine(ctx, 100, "")
		if err != nil {
			return err
		}
		e.c.Say(string(line))
		e.ends = string(line) == "end"
	}
	return e.c.TryFlush() // again after ErrWouldBlock: on a busy machine its time may be over at once
}

// TestParked: a connection whose client is silent is parked, and resumed by the next line, also in
// the middle of one, by the end of its client, of its time and of the context.
func TestParked(t *testing.T) {
	for _, tt := range []struct {
		name string
		does func(client *net.TCPConn, partial chan struct{}, stop func())
		want error
	}{
		{"a line", func(c *net.TCPConn, _ chan struct{}, _ func()) { io.WriteString(c, "end\r\n") }, nil},
		{"pieces of a line", func(c *net.TCPConn, partial chan struct{}, _ func()) {
			io.WriteString(c, "e")
			<-partial // it waits for ParkAfter
			<-partial // and is not parked then, but waits for the rest of the line
			for _, piece := range []string{"nd", "\r"} {
				io.WriteString(c, piece)
				<-partial
			}
			io.WriteString(c, "\n")
		}, nil},
		{"the client leaves", func(c *net.TCPConn, _ chan struct{}, _ func()) { c.Close() }, io.EOF},
		{"the time passes", func(*net.TCPConn, chan struct{}, func()) {}, conn.ErrIdle},
		{"the context ends", func(_ *net.TCPConn, _ chan struct{}, stop func()) { stop() }, conn.ErrStopping},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, server, pool := tcp(t)
			partial := make(chan struct{}, 100)
			pool.QuickAck = func(int) error { partial <- struct{}{}; return nil }
			e := new(echo)
			limit := idle
			if tt.want == conn.ErrIdle {
				limit = 500 * time.Millisecond
			}
			e.c.Init(pool, server, limit)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			over := make(chan error, 1)
			go e.c.Run(ctx, e.step, e.step, func(err error) { over <- err })
			if tt.want != conn.ErrIdle {
				await(t, "parked", func() bool { return pool.Parked() == 1 })
			}
			tt.does(client, partial, stop)
			if err := <-over; err != tt.want {
				t.Errorf("over: %v, want %v", err, tt.want)
			}
			if e.steps.Load() < 2 || pool.Parked() != 0 {
				t.Errorf("%d steps, %d parked", e.steps.Load(), pool.Parked())
			}
		})
	}
}

// file is a body of several extents in a file, with other octets between them.
type file struct {
	*bytes.Reader // of the octets of all extents
	extents       []conn.Extent
}

func (f file) Extents() []conn.Extent { return f.extents }

// fileOf returns a body whose extents have these sizes.
func fileOf(t *testing.T, sizes ...int) file {
	t.Helper()
	name := filepath.Join(t.TempDir(), "body")
	var all, body []byte
	var extents []conn.Extent
	for i, size := range sizes {
		all = append(all, "between"...)
		extents = append(extents, conn.Extent{Offset: int64(len(all)), Length: int64(size)})
		piece := []byte(strings.Repeat(fmt.Sprintf("%03d of %d\r\n", i, size), size/8+1))[:size]
		all, body = append(all, piece...), append(body, piece...)
	}
	if err := os.WriteFile(name, all, 0o600); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { open.Close() })
	for i := range extents {
		extents[i].File = open
	}
	return file{bytes.NewReader(body), extents}
}

// TestStalledBody: a body that its client does not read is parked where it is, and continues there,
// from a file and from memory. What was gathered before comes first, and what follows comes last.
func TestStalledBody(t *testing.T) {
	for _, tt := range []struct {
		name string
		body func(t *testing.T) conn.Body
	}{
		{"file", func(t *testing.T) conn.Body { return fileOf(t, 4<<20) }},
		{"memory", func(*testing.T) conn.Body {
			return memory{strings.NewReader(strings.Repeat("0123456789abcde\n", 1<<18))}
		}},
		{"small and large extents", func(t *testing.T) conn.Body {
			return fileOf(t, 1000, 1<<20, 10, conn.SendfileMin-1, conn.SendfileMin, 1<<20, 3)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := tt.body(t)
			client, server, pool := tcp(t)
			c := new(conn.Conn)
			c.Init(pool, server, idle)
			c.Say("+OK")
			at, stalls := int64(0), 0
			step := func(context.Context) (err error) {
				if at < body.Size() {
					if at, err = c.SendBody(body, at); err == conn.ErrWouldBlock {
						stalls++
					}
					if err != nil {
						return err
					}
					c.Say(".")
				}
				return c.TryFlush()
			}
			over := make(chan error, 1)
			go c.Run(t.Context(), step, step, func(err error) { server.CloseWrite(); over <- err })
			await(t, "parked", func() bool { return pool.Parked() == 1 })
			got, err := io.ReadAll(client)
			if err != nil || <-over != nil {
				t.Fatal(err)
			}
			want := make([]byte, body.Size())
			body.ReadAt(want, 0)
			if string(got) != "+OK\r\n"+string(want)+".\r\n" {
				t.Errorf("got %d octets, want %d and the lines around them", len(got), len(want))
			}
			if stalls == 0 {
				t.Error("it was never stalled in the body")
			}
		})
	}
}

// TestStalledBodyEnds: a body of which nothing is taken ends the connection when its time has
// passed. It is parked until then, and does not try again and again.
func TestStalledBodyEnds(t *testing.T) {
	for name, body := range map[string]conn.Body{
		"file":   fileOf(t, 4<<20),
		"memory": memory{strings.NewReader(strings.Repeat("x", 4<<20))},
	} {
		t.Run(name, func(t *testing.T) {
			_, server, pool := tcp(t)
			c := new(conn.Conn)
			c.Init(pool, server, 200*time.Millisecond)
			at, steps := int64(0), 0
			step := func(context.Context) (err error) {
				steps++
				at, err = c.SendBody(body, at)
				return err
			}
			over := make(chan error, 1)
			c.Run(t.Context(), step, step, func(err error) { over <- err })
			if err := <-over; err != conn.ErrSlow {
				t.Errorf("over: %v, want %v", err, conn.ErrSlow)
			}
			if steps > 10 {
				t.Errorf("it was resumed %d times", steps-1)
			}
		})
	}
}

// TestSendBodyFrom: a body is sent from any offset, wherever its extents begin.
func TestSendBodyFrom(t *testing.T) {
	body := fileOf(t, 1000, 50_000, 10, 40_000)
	want := make([]byte, body.Size())
	body.ReadAt(want, 0)
	for _, from := range []int64{0, 1, 999, 1000, 1001, 50_999, 51_000, 51_005, 51_010, 60_000, body.Size() - 1, body.Size()} {
		client, server, pool := tcp(t)
		var calls int
		pool.Sendfile = func(out, in int, offset *int64, count int) (int, error) {
			calls++
			return syscall.Sendfile(out, in, offset, count)
		}
		c := new(conn.Conn)
		c.Init(pool, server, idle)
		over := make(chan error, 1)
		go func() {
			at, err := c.SendBody(body, from)
			if at != body.Size() {
				err = errors.Join(err, fmt.Errorf("it came to %d", at))
			}
			err = errors.Join(err, c.Flush())
			c.Close(false)
			over <- err
		}()
		got, _ := io.ReadAll(client)
		if err := <-over; err != nil || !bytes.Equal(got, want[from:]) {
			t.Errorf("from %d: %d octets, want %d; %v", from, len(got), len(want[from:]), err)
		}
		if from < 51_000 && calls == 0 {
			t.Errorf("from %d: not by sendfile", from)
		}
	}
}

// TestSendfileErrors: an error of the file is returned and the connection can be used; any other is
// the connection's. Where there is no sendfile, the bytes are copied.
func TestSendfileErrors(t *testing.T) {
	for _, tt := range []struct {
		err       syscall.Errno
		permanent bool
		copied    bool
	}{
		{syscall.EPIPE, true, false}, {syscall.ECONNRESET, true, false}, {syscall.ETIMEDOUT, true, false},
		{syscall.EHOSTUNREACH, true, false}, {syscall.ENETUNREACH, true, false}, {syscall.ENETDOWN, true, false},
		{syscall.ECONNABORTED, true, false}, {syscall.EPERM, true, false}, {syscall.ENOBUFS, true, false},
		{syscall.EIO, false, false}, {syscall.EUCLEAN, false, false}, {syscall.EBADMSG, false, false},
		{syscall.ESTALE, false, false}, {syscall.ENODEV, false, false}, {syscall.ENOMEDIUM, false, false},
		{syscall.EINVAL, false, true}, {syscall.ENOSYS, false, true}, {syscall.EOPNOTSUPP, false, true},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			_, server, pool := tcp(t)
			pool.Sendfile = func(int, int, *int64, int) (int, error) { return -1, tt.err }
			c := new(conn.Conn)
			c.Init(pool, server, idle)
			body := fileOf(t, conn.SendfileMin)
			at, err := c.SendBody(body, 0)
			for err == conn.ErrWouldBlock { // a busy machine: the time was over before the call
				at, err = c.SendBody(body, at)
			}
			if tt.copied {
				if at != body.Size() || err != nil || c.Err() != nil {
					t.Errorf("SendBody = %d, %v", at, err)
				}
				return
			}
			if !errors.Is(err, tt.err) || at != 0 || (c.Err() != nil) != tt.permanent {
				t.Errorf("SendBody = %d, %v; Err = %v, want it permanent: %v", at, err, c.Err(), tt.permanent)
			}
		})
	}
}

// TestTruncatedFile: a file that is shorter than its extents is an error of the body.
func TestTruncatedFile(t *testing.T) {
	_, server, pool := tcp(t)
	c := new(conn.Conn)
	c.Init(pool, server, idle)
	body := fileOf(t, conn.SendfileMin)
	body.extents[0].Offset += 10
	if _, err := c.SendBody(body, 0); err != io.ErrUnexpectedEOF || c.Err() != nil {
		t.Errorf("SendBody = %v, Err = %v", err, c.Err())
	}
}
