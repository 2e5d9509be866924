package pop3_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

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

// A large message is sent from the file to the socket by the kernel, all of it. A client that reads
// only when the socket is full gets the same octets, because the call resumes where it stopped.
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

// The reply line before a large message does not leave alone: the kernel still holds it when the
// file follows. It does so for 200 ms at most, therefore the best of several attempts counts.
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

// A small message is copied behind the other replies.
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

// TestSendfileAnswers lists what sendfile can return, and what the client has to receive then.
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
				t.Errorf("a message that was not sent whole was ended by the dot")
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

// A large message whose header does not change is sent by the kernel, all of it, with its size in
// the +OK. Otherwise the part after the last changed field is.
func TestHeadersBySendfile(t *testing.T) {
	text := strings.Repeat("Grüße\r\n", 20_000)
	fields := "To: anna\r\nX-Number: 1\r\n"
	for _, tt := range []struct {
		name, mail, want string
		copied           int // octets of the stored mail that sendfile does not send
	}{
		{"ASCII", "Subject: x\r\n\r\n" + text, "", 0},
		{"Latin-1", "Subject: Gr\xfc\xdfe\r\n" + fields + "\r\n" + text, "", 0},
		{"no blank line", text, "", 0},
		{"UTF-8", "Subject: ü\r\n" + fields + "\r\n" + text, "Subject: =?utf-8?q?=C3=BC?=\r\n" + fields + "\r\n" + text, len("Subject: ü\r\n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := new(pop3test.Store)
			store.InFile(t)
			store.Deliver("anna", tt.mail)
			server := newServer(store)
			var sent sendCount
			server.SetSendfile(sent.sendfile)
			near, far := pair(t)
			c := talk(t, context.Background(), server, near, far)
			c.logIn()
			want, reply := tt.want, "+OK"
			if want == "" {
				want, reply = tt.mail, fmt.Sprintf("+OK %d octets", len(tt.mail))
			}
			for _, command := range []string{"RETR 1", "TOP 1 99999999"} {
				before := sent.octets.Load()
				c.say(command)
				if got := c.want("+OK"); got != reply {
					t.Errorf("%s: the reply is %q, want %q", command, got, reply)
				}
				got := make([]byte, len(want)+3)
				if _, err := io.ReadFull(c.in, got); err != nil || string(got) != want+".\r\n" {
					t.Errorf("%s: %v, other octets than the mail has", command, err)
				}
				c.say("NOOP") // when it is answered, the last call is counted
				c.want("+OK")
				if got, want := sent.octets.Load()-before, int64(len(tt.mail)+3-tt.copied); got != want {
					t.Errorf("%s: sendfile sent %d octets, want %d", command, got, want)
				}
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// An error of the socket ends the session like any lost connection. An error of the file is logged
// as a message that could not be read, because the device has to be checked.
func TestSendfileErrors(t *testing.T) {
	for _, tt := range []struct {
		err  syscall.Errno
		file bool
	}{
		{syscall.EPIPE, false}, {syscall.ECONNRESET, false}, {syscall.ETIMEDOUT, false}, {syscall.EHOSTUNREACH, false},
		{syscall.ENETUNREACH, false}, {syscall.ENETDOWN, false}, {syscall.ECONNABORTED, false}, {syscall.EPERM, false},
		{syscall.EIO, true}, {syscall.EUCLEAN, true}, {syscall.EBADMSG, true}, {syscall.ESTALE, true}, {syscall.ENODEV, true},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			store := new(pop3test.Store)
			store.InFile(t)
			store.Deliver("anna", large(300_000))
			server := newServer(store)
			core, logs := observer.New(zap.ErrorLevel)
			server.Log = zap.New(core)
			server.SetSendfile(fails(tt.err))
			near, far := pair(t)
			c := talk(t, context.Background(), server, near, far)
			c.logIn()
			c.say("RETR 1", "DELE 1", "QUIT")
			if rest, _ := io.ReadAll(c.in); strings.Contains(string(rest), "\r\n.\r\n") {
				t.Error("a message that was not sent whole was ended by the dot")
			}
			if err := <-c.over; !errors.Is(err, tt.err) {
				t.Errorf("ServeConn = %v, want %v", err, tt.err)
			}
			if logged := logs.Len() > 0; logged != tt.file {
				t.Errorf("logged as an error: %v, want %v", logged, tt.file)
			}
		})
	}
}
