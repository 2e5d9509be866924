package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Anonymous returns the private anonymous memory of a process in octets. The kernel cannot
// reclaim it by dropping pages of files.
func Anonymous(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	return parseAnonymous(string(text))
}

// parseAnonymous finds the line "Anonymous: N kB" of a smaps_rollup file.
func parseAnonymous(text string) (int64, error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "Anonymous:" && fields[2] == "kB" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("smaps_rollup has no line of Anonymous memory")
}

// A ProcessStat is what /proc/PID/stat contains about a process.
type ProcessStat struct {
	parent int
	cpu    time.Duration // its own and that of children that have ended, with system calls
	ended  time.Duration // the children's part of it
}

// family reads a process and its descendants. A process that ends meanwhile is left out; its time
// is in its parent's.
func family(root int) (map[int]ProcessStat, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := map[int]ProcessStat{}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(folder)) // the names begin with a digit
		if all[pid], err = parseProcessStat(string(text)); err != nil {
			return nil, err
		}
	}
	members := map[int]ProcessStat{}
	for pid, k := range all {
		ancestor := pid
		for ancestor != root && ancestor != 0 {
			ancestor = all[ancestor].parent
		}
		if ancestor == root {
			members[pid] = k
		}
	}
	if len(members) == 0 {
		return nil, fmt.Errorf("process %d has ended", root)
	}
	return members, nil
}

// FamilyCPU returns the CPU time that a process and its descendants have used.
func FamilyCPU(root int) (time.Duration, error) {
	members, err := family(root)
	var sum time.Duration
	for _, k := range members {
		sum += k.cpu
	}
	return sum, err
}

// FamilyAnonymous returns the private anonymous memory of a process and its descendants in octets.
func FamilyAnonymous(root int) (int64, error) {
	members, err := family(root)
	var sum int64
	for pid := range members {
		n, err := Anonymous(pid)
		if err != nil && !os.IsNotExist(err) && !errors.Is(err, syscall.ESRCH) {
			return 0, err
		}
		sum += n
	}
	return sum, err
}

// parseProcessStat reads ppid (field 4) and adds utime, stime, cutime and cstime (fields 14 to
// 17) of a /proc/PID/stat file. Field 2 is the name in parentheses, which may contain blanks and
// parentheses.
func parseProcessStat(text string) (ProcessStat, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return ProcessStat{}, fmt.Errorf("stat of a process has %d fields after its name", len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return ProcessStat{}, err
	}
	k := ProcessStat{parent: parent}
	for i, field := range fields[11:15] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return ProcessStat{}, err
		}
		k.cpu += time.Duration(ticks) * clockTick
		if i >= 2 {
			k.ended += time.Duration(ticks) * clockTick
		}
	}
	return k, nil
}

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
