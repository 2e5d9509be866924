package measure

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// processTime returns the CPU time that a process has used, including system calls and threads that
// have ended. It reads the clock of clock_getcpuclockid(3), which has nanoseconds where /proc has
// ticks of 10 ms.
func processTime(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED of the kernel's posix-timers_types.h
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}

// FamilyTime returns the CPU time of a process and its descendants. Of children that have ended
// it is known in ticks only.
func FamilyTime(root int) (time.Duration, error) {
	members, err := family(root)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for pid, k := range members {
		own, err := processTime(pid)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ESRCH) { // it has ended
			return 0, err
		}
		sum += own + k.ended
	}
	return sum, nil
}
