package park

import (
	"context"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Lot holds the parked connections of a server. The zero Lot is empty and ready for use. It must
// not be copied.
type Lot struct {
	mu     sync.Mutex
	slots  []*Waiter     // by descriptor of the socket; nil if free
	parked int           // slots that are not free
	began  time.Time     // Waiter.until counts from it
	file   *os.File      // the epoll descriptor; nil if no poller runs
	epoll  int           // its number
	alarm  time.Duration // after began: no deadline is earlier; noAlarm if there is none

	pollers int        // that run: one, and possibly one that is about to end
	changed *sync.Cond // parked or pollers has changed; nil before the first Wait
}

// noAlarm is the alarm of a Lot without a deadline.
const noAlarm = time.Duration(1<<63 - 1)

// longAgo is a deadline that has passed: it ends a read that waits.
var longAgo = time.Unix(1, 0)

// Wait parks a connection until event, until the deadline, or until Wake. It returns at once: nil
// if the connection is parked, and then w.Resume is called later in a goroutine of its own.
// Otherwise it is not parked: the error is that of ctx, if w waits for Readable and ctx has ended,
// or ErrUnsupported.
func (l *Lot) Wait(ctx context.Context, w *Waiter, event Event, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil && event == Readable { // if it ends later, Wake finds w parked
		return err
	}
	if !l.open() {
		return ErrUnsupported
	}
	w.event, w.until = event, until.Sub(l.began)
	if !l.add(w) {
		l.stopIfEmpty()
		return ErrUnsupported
	}
	if w.until < l.alarm {
		l.setAlarm(w.until)
	}
	return nil
}

// open starts the poller unless it runs.
func (l *Lot) open() bool {
	if l.file != nil {
		return true
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	syscall.SetNonblock(epoll, true) // so that package os uses the poller of the runtime for it
	file := os.NewFile(uintptr(epoll), "epoll")
	raw, err := file.SyscallConn()
	if err != nil || file.SetReadDeadline(time.Time{}) != nil {
		file.Close()
		return false
	}
	l.file, l.epoll, l.alarm = file, epoll, noAlarm
	if l.changed == nil {
		l.changed = sync.NewCond(&l.mu)
		l.began = time.Now()
	}
	l.pollers++
	go l.poll(file, raw)
	return true
}

// AwaitPoller returns when no poller runs, or while a connection is parked. A session that ends
// calls it, so that the last one waits for the end of the poller.
func (l *Lot) AwaitPoller() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.pollers > 0 && l.parked == 0 {
		l.changed.Wait()
	}
}

// Parked returns the number of parked connections.
func (l *Lot) Parked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.parked
}

// add puts w into the slot of its descriptor.
func (l *Lot) add(w *Waiter) bool {
	raw, err := w.Socket.SyscallConn()
	if err != nil {
		return false
	}
	failed := raw.Control(func(fd uintptr) {
		w.slot = int32(fd)
		err = l.register(w)
	})
	if failed != nil || err != nil {
		return false
	}
	if n := int(w.slot) + 1; n > len(l.slots) {
		l.slots = append(l.slots, make([]*Waiter, n-len(l.slots))...)
	}
	l.resume(w.slot) // a connection that was closed, after which its descriptor was used again
	l.slots[w.slot] = w
	l.parked++
	l.changed.Broadcast()
	return true
}

// register requests one event of epoll for w.
func (l *Lot) register(w *Waiter) error {
	event := syscall.EpollEvent{
		Fd:     w.slot,
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT,
	}
	if w.event == Writable {
		event.Events = syscall.EPOLLOUT | syscall.EPOLLONESHOT
	}
	err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_MOD, int(w.slot), &event)
	if err == syscall.ENOENT { // the first time
		err = syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, int(w.slot), &event)
	}
	return err
}

// poll resumes connections until none is parked.
func (l *Lot) poll(file *os.File, raw syscall.RawConn) {
	defer l.endPoll(file)
	var events [16]syscall.EpollEvent
	for empty := false; !empty; {
		n := 0
		err := raw.Read(func(epoll uintptr) bool {
			n, _ = syscall.EpollWait(int(epoll), events[:], 0)
			return n > 0
		})
		empty = l.handle(events[:max(n, 0)], err != nil)
	}
}

// endPoll releases what open acquired.
func (l *Lot) endPoll(file *os.File) {
	file.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pollers--
	l.changed.Broadcast()
}

// handle resumes the connections of events and, after the alarm, those whose deadline has passed.
// It reports whether no connection is parked.
func (l *Lot) handle(events []syscall.EpollEvent, alarmed bool) (empty bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.resume(e.Fd)
	}
	if alarmed {
		l.resumeOverdue()
	}
	if l.parked == 0 {
		l.file = nil
	}
	return l.parked == 0
}

// resumeOverdue resumes the connections whose deadline has passed, and sets the alarm to the next
// deadline.
func (l *Lot) resumeOverdue() {
	now, next := time.Since(l.began), noAlarm
	for slot, w := range l.slots {
		switch {
		case w == nil:
		case w.until <= now:
			l.resume(int32(slot))
		default:
			next = min(next, w.until)
		}
	}
	l.setAlarm(next)
}

// setAlarm sets when the poller looks at the deadlines.
func (l *Lot) setAlarm(at time.Duration) {
	l.alarm = at
	if at == noAlarm {
		l.file.SetReadDeadline(time.Time{})
		return
	}
	l.file.SetReadDeadline(l.began.Add(at))
}

// resume frees a slot and resumes its connection. It does nothing if the slot is free.
func (l *Lot) resume(slot int32) {
	if w := l.slots[slot]; w != nil {
		l.slots[slot] = nil
		l.parked--
		go w.Resume()
	}
}

// Wake resumes w if it is parked.
func (l *Lot) Wake(w *Waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if int(w.slot) < len(l.slots) && l.slots[w.slot] == w {
		l.resume(w.slot)
		l.stopIfEmpty()
	}
}

// stopIfEmpty ends the poller if no connection is parked.
func (l *Lot) stopIfEmpty() {
	if l.file != nil && l.parked == 0 {
		l.file.SetReadDeadline(longAgo)
	}
}
