package access

import (
	"net"
	"syscall"
)

// userOf returns the user at the other end of a Unix-domain socket, as the kernel recorded it when
// the client connected; ok is false if the kernel does not report it.
func userOf(conn *net.UnixConn) (uid uint32, ok bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, false
	}
	var user *syscall.Ucred
	controlled := raw.Control(func(fd uintptr) {
		user, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if controlled != nil || err != nil {
		return 0, false
	}
	return user.Uid, true
}
