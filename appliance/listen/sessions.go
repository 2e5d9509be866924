package listen

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"pillarbox/appliance/access"
)

// Sessions are the connections that are being served.
type Sessions struct {
	ctx    context.Context // ends when they are to come to an end
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]*access.Session // nil for a probe
}

func newSessions() *Sessions {
	ctx, cancel := context.WithCancel(context.Background())
	return &Sessions{ctx: ctx, cancel: cancel, open: map[net.Conn]*access.Session{}}
}

// Add notes a connection with its session; nil is that of a health probe. Remove has to be called
// when the session has ended.
func (s *Sessions) Add(conn net.Conn, session *access.Session) {
	s.mu.Lock()
	s.open[conn] = session
	s.mu.Unlock()
	s.group.Add(1)
}

// Remove removes what Add has noted.
func (s *Sessions) Remove(conn net.Conn) {
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	s.group.Done()
}

// Len returns how many connections are being served.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Hold keeps sessions from beginning and ending until release is called: a test of what happens
// then.
func (s *Sessions) Hold() (release func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// Of returns the admitted session of a connection, or nil if there is none. For a *tls.Conn it is
// the session of the connection below.
func (s *Sessions) Of(conn net.Conn) *access.Session {
	for {
		wrapped, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = wrapped.NetConn()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[conn]
}

// sever ends a session soon, whatever it does: it closes both directions of the connection. A
// parked session would not notice a Close.
func sever(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		conn.Close()
		return
	}
	tcp.CloseRead() // errors say that it has ended already
	tcp.CloseWrite()
}

// End lets what is under way come to its end within patience, then closes the connections. It
// returns when no session is left, with how many were cut off.
func (s *Sessions) End(patience time.Duration) (cut int) {
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
// the client gets a reply, and does not wait in the queue permanently.
type spare struct {
	mu   sync.Mutex
	file *os.File
}

func newSpare() *spare {
	s := &spare{}
	s.hold()
	return s
}

// hold opens the spare descriptor. If that fails, there is none to give up.
func (s *spare) hold() { s.file, _ = os.Open(os.DevNull) }

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
