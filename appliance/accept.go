package appliance

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// server is what serves the connections of one protocol.
type server interface {
	ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error
	Refuse(conn net.Conn, text string)
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

// accept takes connections from l until it is closed; ctx cuts its pauses short.
func (a *Appliance) accept(ctx context.Context, l *listener) {
	pause := time.Duration(0)
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			a.admit(l, conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			a.spare.turnAway(l.Listener)
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		a.log.Warn("connection could not be accepted", zap.Stringer("at", l.Addr()), zap.Duration("pause", pause), zap.Error(err))
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
		a.log.Info("connection refused", zap.String("proto", string(l.proto)), zap.Stringer("remote", from), zap.String("reason", "not in allow"))
		conn.Close()
		return
	}
	if refusal := a.gate.enter(from); refusal != "" {
		a.log.Info("connection refused", zap.String("proto", string(l.proto)), zap.Stringer("remote", from), zap.String("reason", refusal))
		if l.tls {
			conn.Close() // words would be no TLS
		} else {
			in.servers[l.proto].Refuse(conn, refusal)
		}
		return
	}
	a.sessions.mu.Lock()
	a.sessions.open[conn] = struct{}{}
	a.sessions.mu.Unlock()
	a.sessions.group.Go(func() {
		defer a.gate.leave(from)
		in.servers[l.proto].ServeConn(a.sessions.ctx, conn, l.tls) // the session has logged how it ended
		a.sessions.mu.Lock()
		delete(a.sessions.open, conn)
		a.sessions.mu.Unlock()
	})
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
		conn.Close()
	}
	s.mu.Unlock()
	<-gone
	return cut
}

// A spare is a descriptor that is given up to take a connection when there are none left, so that
// the client is hung up on, not left to wait in the queue for ever.
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

// turnAway takes one waiting connection and hangs up.
func (s *spare) turnAway(l net.Listener) {
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
			conn.Close()
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
