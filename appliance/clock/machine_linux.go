package clock

import (
	"syscall"
	"time"
	"unsafe"
)

// clockBoottime is CLOCK_BOOTTIME of clock_gettime(2): like CLOCK_MONOTONIC, which Go reads, but it
// goes on while the machine is suspended.
const clockBoottime = 7

// Machine returns the clocks of this machine.
func Machine() func() Reading {
	start := time.Now()
	return func() Reading {
		now := time.Now()
		up := now.Sub(start)
		var t syscall.Timespec
		if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&t)), 0); errno == 0 {
			up = time.Duration(t.Nano())
		}
		return Reading{Wall: now.Round(0), Up: up}
	}
}
