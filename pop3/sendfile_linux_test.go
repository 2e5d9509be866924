package pop3_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A sendCount is a sendfile that counts what it sends.
type sendCount struct {
	calls, octets atomic.Int64
	full          sync.Once
	met           chan struct{} // closed when the socket was full, unless nil
}

func (s *sendCount) sendfile(out, in int, offset *int64, count int) (int, error) {
	n, err := syscall.Sendfile(out, in, offset, count)
	s.calls.Add(1)
	if err == syscall.EAGAIN && s.met != nil {
		s.full.Do(func() { close(s.met) })
	}
	if n > 0 {
		s.octets.Add(int64(n))
	}
	return n, err
}

// A large mail goes from the file to the socket by the kernel, all of it, and a client that reads only
// when the socket is full gets the same octets: the call resumes where it was stopped.
func TestLargeBodyBySendfile(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	mail := large(8 << 20)
	store.Deliver("bert", "Subject: in the way\n\nx\n") // so that the mail does not begin at 0
	store.Deliver("anna", mail)
	server := newServer(store)
	sent := sendCount{met: make(chan struct{})}
	server.SetSendfile(sent.sendfile)
	near, far := pair(t)
	near.SetReadBuffer(256 << 10)
	far.SetWriteBuffer(128 << 10)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	c.say("RETR 1", "STAT", "QUIT")
	<-sent.met
	c.want("+OK")
	hash := sha256.New()
	for left := len(mail); left > 0; {
		n, err := io.CopyN(hash, c.in, int64(min(left, 1000)))
		if err != nil {
			t.Fatal(err)
		}
		left -= int(n)
	}
	if want := sha256.Sum256([]byte(mail)); string(hash.Sum(nil)) != string(want[:]) {
		t.Errorf("the octets are not those of the mail")
	}
	c.want(".")
	c.want("+OK 1 ")
	c.want("+OK")
	if err := c.end(); err != nil {
		t.Errorf("ServeConn = %v", err)
	}
	if got, want := sent.octets.Load(), int64(len(mail)+3); got != want {
		t.Errorf("sendfile sent %d octets, want all %d", got, want)
	}
}

// The line in front of a large mail does not leave alone: when the file follows, the kernel holds it still. It holds it for
// 200 ms at most, so the best of some tries counts.
func TestLineLeavesWithTheFile(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	store.Deliver("anna", large(pop3.SendfileMin))
	server := newServer(store)
	held := 0 // octets of the socket that have not left, at most
	server.SetSendfile(func(out, in int, offset *int64, count int) (int, error) {
		const unsent = 0x894B // SIOCOUTQNSD of linux/sockios.h
		var n int32
		if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, uintptr(out), unsent, uintptr(unsafe.Pointer(&n))); err != 0 {
			t.Error(err)
		}
		held = max(held, int(n))
		return syscall.Sendfile(out, in, offset, count)
	})
	near, far := pair(t)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	for range 5 {
		c.say("RETR 1")
		c.multi()
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
	if want := len(fmt.Sprintf("+OK %d octets\r\n", pop3.SendfileMin)); held < want {
		t.Errorf("%d octets were held for the file, want the line of %d", held, want)
	}
}

// A small mail is copied beside the other replies.
func TestSmallBodyIsCopied(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	store.Deliver("anna", large(pop3.SendfileMin/2))
	server := newServer(store)
	var sent sendCount
	server.SetSendfile(sent.sendfile)
	near, far := pair(t)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	c.say("RETR 1", "QUIT")
	c.multi()
	c.want("+OK")
	c.end()
	if sent.calls.Load() != 0 {
		t.Errorf("%d calls of sendfile, want none", sent.calls.Load())
	}
}

// What sendfile can answer, and what the client has to get then.
func TestSendfileAnswers(t *testing.T) {
	mail := large(300_000)
	tests := []struct {
		name  string
		calls []func(out, in int, offset *int64, count int) (int, error) // the last one stays
		whole bool
	}{
		{"interrupted", []func(int, int, *int64, int) (int, error){fails(syscall.EINTR), syscall.Sendfile}, true},
		{"a little at a time", []func(int, int, *int64, int) (int, error){atMost(1), atMost(17), atMost(100_000)}, true},
		{"not on this file system", []func(int, int, *int64, int) (int, error){fails(syscall.EINVAL)}, true},
		{"not any more", []func(int, int, *int64, int) (int, error){atMost(1000), fails(syscall.EOPNOTSUPP)}, true},
		{"bad block at once", []func(int, int, *int64, int) (int, error){fails(syscall.EIO)}, false},
		{"bad block in the middle", []func(int, int, *int64, int) (int, error){atMost(1000), fails(syscall.EIO)}, false},
		{"file cut short", []func(int, int, *int64, int) (int, error){atMost(1000), atMost(0)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := new(pop3test.Store)
			store.InFile(t)
			store.Deliver("anna", mail)
			server := newServer(store)
			calls := tt.calls
			server.SetSendfile(func(out, in int, offset *int64, count int) (int, error) {
				call := calls[0]
				if len(calls) > 1 {
					calls = calls[1:]
				}
				return call(out, in, offset, count)
			})
			near, far := pair(t)
			c := talk(t, context.Background(), server, near, far)
			c.logIn()
			if tt.whole {
				c.say("RETR 1", "QUIT")
				if got := c.multi(); got != mail {
					t.Errorf("got %d octets, want the mail of %d", len(got), len(mail))
				}
				c.want("+OK")
				if err := c.end(); err != nil {
					t.Errorf("ServeConn = %v", err)
				}
				return
			}
			c.say("DELE 1", "RSET", "RETR 1", "DELE 1", "QUIT")
			rest, _ := io.ReadAll(c.in)
			if strings.Contains(string(rest), "\r\n.\r\n") {
				t.Errorf("a mail that was not sent whole was ended by the dot")
			}
			if err := <-c.over; err == nil {
				t.Errorf("ServeConn = nil, want an error")
			}
			if len(store.UIDs("anna")) != 1 {
				t.Errorf("the mail was deleted")
			}
		})
	}
}

// fails returns a sendfile that does not work.
func fails(err error) func(int, int, *int64, int) (int, error) {
	return func(int, int, *int64, int) (int, error) { return -1, err }
}

// atMost returns a sendfile that sends at most n octets.
func atMost(n int) func(int, int, *int64, int) (int, error) {
	return func(out, in int, offset *int64, count int) (int, error) {
		return syscall.Sendfile(out, in, offset, min(count, n))
	}
}
