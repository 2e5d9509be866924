package park

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pair returns the two ends of a TCP connection.
func pair(t *testing.T) (here, there *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near.(*net.TCPConn), far.(*net.TCPConn)
}

// newWaiter returns a waiter that sends on the channel when it is resumed.
func newWaiter(socket *net.TCPConn) (*Waiter, chan struct{}) {
	resumed := make(chan struct{}, 10)
	return &Waiter{Socket: socket, Resume: func() { resumed <- struct{}{} }}, resumed
}

// wait parks w, or fails the test.
func wait(t *testing.T, l *Lot, w *Waiter, event Event, until time.Time) {
	t.Helper()
	if err := l.Wait(t.Context(), w, event, until); err != nil {
		t.Fatal(err)
	}
}

const long = time.Hour

// TestResumed: each way to end a wait resumes the connection once, and leaves no poller.
func TestResumed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event Event
		until time.Duration
		end   func(l *Lot, w *Waiter, there *net.TCPConn)
	}{
		{"octets", Readable, long, func(_ *Lot, _ *Waiter, c *net.TCPConn) { c.Write([]byte("x")) }},
		{"the end of the stream", Readable, long, func(_ *Lot, _ *Waiter, c *net.TCPConn) { c.CloseWrite() }},
		{"a reset", Readable, long, func(_ *Lot, _ *Waiter, c *net.TCPConn) { c.SetLinger(0); c.Close() }},
		{"room", Writable, long, func(*Lot, *Waiter, *net.TCPConn) {}},
		{"the deadline", Readable, time.Millisecond, func(*Lot, *Waiter, *net.TCPConn) {}},
		{"a deadline that has passed", Readable, -long, func(*Lot, *Waiter, *net.TCPConn) {}},
		{"Wake", Readable, long, func(l *Lot, w *Waiter, _ *net.TCPConn) { l.Wake(w); l.Wake(w) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l Lot
			here, there := pair(t)
			w, resumed := newWaiter(here)
			for range 2 { // the second time the socket is registered already
				wait(t, &l, w, tt.event, time.Now().Add(tt.until))
				tt.end(&l, w, there)
				<-resumed
				l.AwaitPoller()
				if n := l.Parked(); n != 0 || l.pollers != 0 || l.file != nil {
					t.Errorf("%d parked, %d pollers", n, l.pollers)
				}
			}
			if len(resumed) != 0 {
				t.Error("resumed more than once")
			}
		})
	}
}

// TestReadyBefore: octets that arrived before Wait resume the connection.
func TestReadyBefore(t *testing.T) {
	var l Lot
	here, there := pair(t)
	w, resumed := newWaiter(here)
	there.Write([]byte("x"))
	here.SetReadDeadline(time.Now().Add(time.Minute))
	raw, err := here.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	arrived := func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		return err == nil
	}
	if err := raw.Read(arrived); err != nil {
		t.Fatal(err)
	}
	wait(t, &l, w, Readable, time.Now().Add(long))
	<-resumed
	l.AwaitPoller()
}

// TestOwnDeadline: a deadline resumes its own connection, not the others.
func TestOwnDeadline(t *testing.T) {
	var l Lot
	lateSocket, _ := pair(t)
	earlySocket, _ := pair(t)
	late, lateResumed := newWaiter(lateSocket)
	early, earlyResumed := newWaiter(earlySocket)
	wait(t, &l, late, Readable, time.Now().Add(long))
	wait(t, &l, early, Readable, time.Now().Add(time.Millisecond))
	<-earlyResumed
	if n := l.Parked(); n != 1 || len(lateResumed) != 0 {
		t.Errorf("%d parked", n)
	}
	l.AwaitPoller() // returns, because one is parked
	l.Wake(late)
	<-lateResumed
	l.AwaitPoller()
}

// TestNotParked: after an error of Wait nothing is resumed, and no poller runs.
func TestNotParked(t *testing.T) {
	var l Lot
	here, _ := pair(t)
	w, resumed := newWaiter(here)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(ended, w, Readable, time.Now().Add(long)); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with an ended context = %v", err)
	}
	here.Close()
	if err := l.Wait(t.Context(), w, Readable, time.Now().Add(long)); err != ErrUnsupported {
		t.Errorf("Wait of a closed connection = %v", err)
	}
	l.AwaitPoller()
	if l.Parked() != 0 || l.pollers != 0 || len(resumed) != 0 {
		t.Errorf("%d parked, %d pollers, %d resumed", l.Parked(), l.pollers, len(resumed))
	}
}

// TestWritableAfterEnd: a connection that waits for room is parked also after the context has
// ended, because the rest of a reply is sent before a session ends.
func TestWritableAfterEnd(t *testing.T) {
	var l Lot
	here, _ := pair(t)
	w, resumed := newWaiter(here)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(ended, w, Writable, time.Now().Add(long)); err != nil {
		t.Fatal(err)
	}
	<-resumed
	l.AwaitPoller()
}

// TestDescriptorUsedAgain: the waiter of a closed connection is resumed when another connection
// with its descriptor is parked.
func TestDescriptorUsedAgain(t *testing.T) {
	var l Lot
	here, _ := pair(t)
	stale, staleResumed := newWaiter(here)
	wait(t, &l, stale, Readable, time.Now().Add(long))
	other, _ := pair(t)
	w, resumed := newWaiter(other)
	l.mu.Lock()
	l.slots[stale.slot] = nil // as if stale had the descriptor of other
	raw, _ := other.SyscallConn()
	raw.Control(func(fd uintptr) {
		stale.slot = int32(fd)
		for len(l.slots) <= int(fd) {
			l.slots = append(l.slots, nil)
		}
		l.slots[fd] = stale
	})
	l.mu.Unlock()
	wait(t, &l, w, Readable, time.Now().Add(long))
	<-staleResumed
	if l.Parked() != 1 {
		t.Errorf("%d parked", l.Parked())
	}
	l.Wake(stale) // has no effect on the slot, which is that of w
	l.Wake(w)
	<-resumed
	l.AwaitPoller()
	if len(staleResumed) != 0 {
		t.Error("resumed more than once")
	}
}

// TestAwaitPoller: it waits for the end of the poller if no connection is parked, and returns at
// once if one is.
func TestAwaitPoller(t *testing.T) {
	for name, parked := range map[string]int{"none is parked": 0, "one is parked": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &Lot{pollers: 1, parked: parked}
				l.changed = sync.NewCond(&l.mu)
				returned := false
				go func() { l.AwaitPoller(); returned = true }()
				synctest.Wait()
				if returned != (parked > 0) {
					t.Errorf("returned: %v", returned)
				}
				file, err := os.Open(os.DevNull)
				if err != nil {
					t.Fatal(err)
				}
				l.endPoll(file)
				synctest.Wait()
				if !returned {
					t.Error("the poller has ended, and AwaitPoller has not returned")
				}
			})
		})
	}
}
