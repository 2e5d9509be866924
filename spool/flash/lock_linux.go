package flash

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lockTable is where the kernel lists the locks of all processes that this one can see (proc(5)).
const lockTable = "/proc/locks"

// Held returns a LockedError if a process has the volume in the folder dir. It writes nothing, and
// holds a shared lock for an instant at most. A folder that cannot be opened is held by no process.
func Held(dir string) error {
	lock, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return nil
	}
	defer lock.Close()
	err = control(lock, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return holderOf(lock)
	}
	return nil
}

// holderOf returns the error of a lock that another process holds. If the process cannot be found,
// because it runs in another container, the error does not name it.
func holderOf(lock *os.File) error {
	e := &LockedError{}
	var st unix.Stat_t
	if control(lock, "stat", func(fd int) error { return unix.Fstat(fd, &st) }) != nil {
		return e
	}
	table, err := os.Open(lockTable)
	if err != nil {
		return e
	}
	defer table.Close()
	// On file systems with subvolumes stat(2) returns another device than the table: then the inode
	// has to do.
	device := fmt.Sprintf("%02x:%02x", unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev)))
	for lines := bufio.NewScanner(table); lines.Scan(); {
		pid, on, inode, ok := parseLock(lines.Text())
		if ok && inode == st.Ino && (e.PID == 0 || on == device) {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			e.PID, e.Command = pid, strings.TrimSpace(string(name))
		}
	}
	return e
}

// parseLock parses a line of the table. It accepts locks of flock(2) only.
//
//	1: FLOCK  ADVISORY  WRITE 21315 fe:00:9980795 0 EOF
func parseLock(line string) (pid int, device string, inode uint64, ok bool) {
	words := strings.Fields(line)
	if len(words) < 6 || words[1] != "FLOCK" {
		return 0, "", 0, false
	}
	pid, err1 := strconv.Atoi(words[4])
	colon := strings.LastIndexByte(words[5], ':')
	inode, err2 := strconv.ParseUint(words[5][colon+1:], 10, 64)
	return pid, words[5][:max(colon, 0)], inode, err1 == nil && err2 == nil && colon > 0 && pid > 0
}
