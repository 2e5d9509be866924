package pop3

import (
	"context"
	"os"
	"sync"
	"syscall"
	"time"
)

// A dormitory is where the sessions of a server doze. They have no goroutine there: one for all of them waits until the
// kernel says that a client has moved, or the time of a session is over, and has that session go on in a new one. It
// is there while somebody dozes. The zero dormitory is empty.
//
// A session costs it 8 octets, and the kernel some 200 until its socket is closed.
type dormitory struct {
	mu     sync.Mutex
	beds   []*session // by the descriptor of the socket; nil: it is free
	dozing int        // beds that are taken
	file   *os.File   // of epoll, to wait for it; nil: nobody dozes
	epoll  int        // knows the sockets: epoll(7)
	alarm  time.Time  // nobody's time is over before

	watches int        // goroutines that watch: one, or one more that is about to end
	changed *sync.Cond // somebody dozes, or a watch has ended; nil: nobody ever dozed
}

// take has s doze until its client moves, or its time is over, or it waits for a command and ctx ends. Then, and when it cannot
// doze, which is false, it goes on.
func (d *dormitory) take(ctx context.Context, s *session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() != nil && !s.full() { // if it ends later, rouse finds s in bed
		return false
	}
	if !d.open() {
		s.dozes = 0
		return false
	}
	if !d.lay(s) {
		s.dozes = 0
		d.leave()
		return false
	}
	if by := s.wakes(); d.alarm.IsZero() || by.Before(d.alarm) {
		d.alarm = by
		d.file.SetReadDeadline(by)
	}
	return true
}

// open begins to watch, unless somebody dozes already.
func (d *dormitory) open() bool {
	if d.file != nil {
		return true
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	syscall.SetNonblock(epoll, true) // which tells os that it can be waited for
	file := os.NewFile(uintptr(epoll), "epoll")
	raw, err := file.SyscallConn()
	if err != nil || file.SetReadDeadline(time.Time{}) != nil {
		file.Close()
		return false
	}
	d.file, d.epoll, d.alarm = file, epoll, time.Time{}
	if d.changed == nil {
		d.changed = sync.NewCond(&d.mu)
	}
	d.watches++
	go d.watch(file, raw)
	return true
}

// settle is called by a session that ends: the last one waits for the watch, so nothing of a server outlives its sessions.
func (d *dormitory) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.watches > 0 && d.dozing == 0 {
		d.changed.Wait()
	}
}

// lay gives s the bed of its socket.
func (d *dormitory) lay(s *session) bool {
	raw, err := s.socket.SyscallConn()
	if err != nil {
		return false
	}
	failed := raw.Control(func(socket uintptr) {
		s.bed = int(socket)
		err = d.know(s)
	})
	if failed != nil || err != nil {
		return false
	}
	if s.bed >= len(d.beds) {
		d.beds = append(d.beds, make([]*session, s.bed+1-len(d.beds))...)
	}
	d.wake(s.bed) // whose connection was closed behind its back, so that the descriptor is another's
	d.beds[s.bed] = s
	d.dozing++
	d.changed.Broadcast()
	return true
}

// know has the kernel tell, once, when s can go on.
func (d *dormitory) know(s *session) error {
	event := syscall.EpollEvent{Fd: int32(s.bed), Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT}
	if s.full() {
		event.Events = syscall.EPOLLOUT | syscall.EPOLLONESHOT
	}
	err := syscall.EpollCtl(d.epoll, syscall.EPOLL_CTL_MOD, s.bed, &event)
	if err == syscall.ENOENT { // its first time
		err = syscall.EpollCtl(d.epoll, syscall.EPOLL_CTL_ADD, s.bed, &event)
	}
	return err
}

// watch wakes who can go on, until nobody dozes.
func (d *dormitory) watch(file *os.File, raw syscall.RawConn) {
	defer d.unwatch(file)
	var events [16]syscall.EpollEvent
	for empty := false; !empty; {
		n := 0
		err := raw.Read(func(epoll uintptr) bool {
			n, _ = syscall.EpollWait(int(epoll), events[:], 0)
			return n > 0
		})
		empty = d.turn(events[:max(n, 0)], err != nil)
	}
}

// unwatch ends a watch.
func (d *dormitory) unwatch(file *os.File) {
	file.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watches--
	d.changed.Broadcast()
}

// turn wakes those of events, and whose time is over when that may be. It reports whether nobody is left.
func (d *dormitory) turn(events []syscall.EpollEvent, alarmed bool) (empty bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range events {
		d.wake(int(e.Fd))
	}
	if alarmed {
		d.wakeOverdue()
	}
	if d.dozing == 0 {
		d.file = nil
	}
	return d.dozing == 0
}

// wakeOverdue wakes those whose time is over, and sets the alarm for the next.
func (d *dormitory) wakeOverdue() {
	now := time.Now()
	d.alarm = time.Time{}
	for bed, s := range d.beds {
		if s == nil {
			continue
		}
		by := s.wakes()
		if !now.Before(by) {
			d.wake(bed)
		} else if d.alarm.IsZero() || by.Before(d.alarm) {
			d.alarm = by
		}
	}
	d.file.SetReadDeadline(d.alarm)
}

// wake has the session of a bed go on, if it is not free.
func (d *dormitory) wake(bed int) {
	if s := d.beds[bed]; s != nil {
		d.beds[bed] = nil
		d.dozing--
		go s.goesOn()
	}
}

// rouse wakes s if it dozes: the server stops.
func (d *dormitory) rouse(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.bed < len(d.beds) && d.beds[s.bed] == s {
		d.wake(s.bed)
		d.leave()
	}
}

// leave ends the watch when nobody dozes.
func (d *dormitory) leave() {
	if d.file != nil && d.dozing == 0 {
		d.file.SetReadDeadline(longAgo)
	}
}
