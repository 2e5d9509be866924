package access

import (
	"net"
	"syscall"
)

// userOf returns the user at the other end of a Unix-domain socket, as the kernel recorded it when
// the client connected; the zero Client if the kernel does not report it.
func userOf(conn *net.UnixConn) Client {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Client{}
	}
	var user *syscall.Ucred
	controlled := raw.Control(func(fd uintptr) {
		user, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if controlled != nil || err != nil {
		return Client{}
	}
	return LocalUser(user.Uid)
}
