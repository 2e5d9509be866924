package appliance

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"pillarbox/appliance/logbook"
)

// server is what serves the connections of one protocol.
type server interface {
	ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error
	Refuse(conn net.Conn, text string)
}

// A dozer is a server whose sessions have no goroutine while they wait for their client.
type dozer interface {
	Serve(ctx context.Context, conn net.Conn, implicitTLS bool, over func())
}

// sessions are the connections that are being served.
type sessions struct {
	ctx    context.Context // ends when they are to come to an end
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]struct{}
}

func newSessions() *sessions {
	ctx, cancel := context.WithCancel(context.Background())
	return &sessions{ctx: ctx, cancel: cancel, open: map[net.Conn]struct{}{}}
}

// mostPause is the longest that accepting waits after an error: a client notices no more of it.
const mostPause = time.Second

// accept takes connections from l until it is closed; ctx cuts its pauses short.
func (a *Appliance) accept(ctx context.Context, l *listener) {
	pause, told := time.Duration(0), time.Time{}
	for {
		a.takeProbe(l)
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			a.admit(l, conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // a probe waits
			l.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{})
			continue
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			a.spare.turnAway(l.Listener, func(conn net.Conn) { a.rules.Load().refuse(l, conn, refusedFull) })
		}
		pause = min(max(2*pause, 5*time.Millisecond), mostPause)
		if now := time.Now(); now.Sub(told) >= floodWindow {
			told = now
			a.log.Warn("connections could not be accepted", logbook.Stringer("at", l.Addr()), logbook.Error(err))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// admit starts a session, or refuses it.
func (a *Appliance) admit(l *listener, conn net.Conn) {
	in := a.rules.Load()
	from := addrOf(conn)
	if from.IsValid() && !in.config.Allow.Contains(from) {
		a.refused(l, from, "not in allow")
		conn.Close()
		return
	}
	place, refusal := a.gate.enter(from, func() { sever(conn) })
	if refusal != "" {
		a.refused(l, from, refusal)
		in.refuse(l, conn, refusal)
		return
	}
	a.stir()
	if from.IsValid() && !a.logins.throttle.knows(peerOf(from)) {
		a.tell(a.floods.count(peerOf(from)), from)
	}
	a.serve(in.servers[l.proto], conn, l.tls, func() {
		a.gate.leave(place)
		a.stir()
	})
}

// serve runs a session, and keeps its connection where the end finds it. It calls over when that has ended.
func (a *Appliance) serve(by server, conn net.Conn, implicitTLS bool, over func()) {
	s := a.sessions
	s.mu.Lock()
	s.open[conn] = struct{}{}
	s.mu.Unlock()
	s.group.Add(1)
	ended := func() { // the session has logged how
		over()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
		s.group.Done()
	}
	if by, ok := by.(dozer); ok {
		by.Serve(s.ctx, conn, implicitTLS, ended)
		return
	}
	go func() {
		by.ServeConn(s.ctx, conn, implicitTLS)
		ended()
	}()
}

// sever ends a session soon, whatever it does. It closes what it was given, when it has noticed; a session that dozes
// would not notice if that was closed already.
func sever(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		conn.Close()
		return
	}
	tcp.CloseRead() // errors say that it has ended already
	tcp.CloseWrite()
}

// refuse tells a client why it is not served, and hangs up.
func (in *rules) refuse(l *listener, conn net.Conn, refusal string) {
	if l.tls {
		conn.Close() // words would be no TLS
		return
	}
	in.servers[l.proto].Refuse(conn, refusal)
}

// refused logs that a client was not let in: the first few of a peer, of a flood only that there is one.
func (a *Appliance) refused(l *listener, from netip.Addr, reason string) {
	says := a.floods.count(peerOf(from))
	level := logbook.DebugLevel
	if says.line {
		level = logbook.InfoLevel
	}
	a.log.Log(level, "connection refused", logbook.String("proto", string(l.proto)), logbook.Stringer("remote", from), logbook.String("reason", reason))
	a.tell(says, from)
}

// tell logs a flood that has begun.
func (a *Appliance) tell(says notice, from netip.Addr) {
	if says.peer {
		a.log.Warn("many connections without a login", logbook.Stringer("remote", from), logbook.Int("minute", floodAt))
	}
	if says.all {
		a.log.Warn("many connections without a login, from many addresses", logbook.Int("minute", floodAtAll))
	}
}

// end lets what is under way come to its end within patience, then closes the connections. It
// returns when no session is left, with how many were cut off.
func (s *sessions) end(patience time.Duration) (cut int) {
	s.cancel()
	gone := make(chan struct{})
	go func() {
		s.group.Wait()
		close(gone)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-gone:
		return 0
	case <-timer.C:
	}
	s.mu.Lock()
	cut = len(s.open)
	for conn := range s.open {
		sever(conn)
	}
	s.mu.Unlock()
	<-gone
	return cut
}

// A spare is a descriptor that is given up to take a connection when there are none left, so that
// the client is told so, not left to wait in the queue for ever.
type spare struct {
	mu   sync.Mutex
	file *os.File
}

func newSpare() *spare {
	s := &spare{}
	s.hold()
	return s
}

func (s *spare) hold() { s.file, _ = os.Open(os.DevNull) } // without one there is nothing to give up

// turnAway takes one waiting connection and has it refused, which closes it.
func (s *spare) turnAway(l net.Listener, refuse func(net.Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		s.hold()
		return
	}
	s.file.Close()
	s.file = nil
	if d, ok := l.(interface{ SetDeadline(time.Time) error }); ok {
		d.SetDeadline(time.Now().Add(10 * time.Millisecond)) // the client may be gone already
		if conn, err := l.Accept(); err == nil {
			refuse(conn)
		}
		d.SetDeadline(time.Time{})
	}
	s.hold()
}

func (s *spare) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}
