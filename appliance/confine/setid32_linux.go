//go:build 386 || arm

package confine

import "golang.org/x/sys/unix"

// The calls that change the ids of one thread; those without 32 in their names take ids of 16 bits.
const (
	sysSetresuid = unix.SYS_SETRESUID32
	sysSetresgid = unix.SYS_SETRESGID32
)
