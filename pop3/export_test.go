package pop3

// What the tests of this package see beside its interface.
const (
	GatherSize  = gatherSize
	SendfileMin = sendfileMin
)

// SetSendfile puts f in the place of the system call.
func (s *Server) SetSendfile(f func(out, in int, offset *int64, count int) (int, error)) {
	s.sendfile = f
}
