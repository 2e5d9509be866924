package pop3

import "syscall"

// nap waits until the client sends something or is gone, the deadline is over or the server stops; the next read says which.
// TLS holds nothing back then: a whole record would have been read.
func (s *session) nap() {
	if raw, err := s.socket.SyscallConn(); err == nil {
		raw.Read(readable)
	}
}

// readable reports whether a read of the socket would not wait.
func readable(socket uintptr) bool {
	var octet [1]byte
	for {
		_, _, err := syscall.Recvfrom(int(socket), octet[:], syscall.MSG_PEEK)
		if err != syscall.EINTR {
			return err != syscall.EAGAIN
		}
	}
}
