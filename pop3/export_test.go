package pop3

import "time"

// What the tests of this package see beside its interface.
const (
	GatherSize  = gatherSize
	SendfileMin = sendfileMin
)

// SetSendfile puts f in the place of the system call.
func (s *Server) SetSendfile(f func(out, in int, offset *int64, count int) (int, error)) {
	s.sendfile = f
}

// SetDozes has sessions doze after so long a wait, which is enough for a read and a write to be tried.
func (s *Server) SetDozes(after time.Duration) { s.dozes = after }

// Pace returns a function that says by when a client that has taken so many octets of a file has to take more.
func Pace(idle time.Duration) func(sent int64) time.Time {
	d := &dialogue{idle: idle}
	return func(sent int64) time.Time {
		d.sent = sent
		return d.paced()
	}
}
