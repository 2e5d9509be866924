//go:build !386 && !arm

package confine

import "golang.org/x/sys/unix"

// The calls that change the ids of one thread.
const (
	sysSetresuid = unix.SYS_SETRESUID
	sysSetresgid = unix.SYS_SETRESGID
)
