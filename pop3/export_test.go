package pop3

import (
	"time"

	"pillarbox/pop3/conn"
)

// What the tests of this package see beside its interface.
const (
	BufferSize  = conn.BufferSize
	WideSize    = conn.WideSize
	SendfileMin = conn.SendfileMin
)

// SetSendfile replaces the system call.
func (s *Server) SetSendfile(f func(out, in int, offset *int64, count int) (int, error)) {
	s.conns.Sendfile = f
}

// SetQuickAck replaces setsockopt(2) with TCP_QUICKACK.
func (s *Server) SetQuickAck(f func(socket int) error) { s.conns.QuickAck = f }

// Parked returns the number of parked sessions.
func (s *Server) Parked() int { return s.conns.Parked() }

// SetParkAfter sets how long a session waits in its goroutine. A millisecond is enough for a read
// or a write to be tried.
func (s *Server) SetParkAfter(after time.Duration) { s.conns.ParkAfter = after }
