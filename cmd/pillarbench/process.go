package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// anonymous returns the memory in octets that only this process has: no file can give it back.
func anonymous(pid int) (int64, error) {
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

// A kinship is what a stat file of /proc tells of one process.
type kinship struct {
	parent int
	cpu    time.Duration // its own and that of children that ended, system calls included
	ended  time.Duration // of that, the children's
}

// family reads a process and all that descend from it. Who ends meanwhile is left out: his time is in his parent's.
func family(root int) (map[int]kinship, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := map[int]kinship{}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(folder)) // the pattern lets only digits begin it
		if all[pid], err = parseKinship(string(text)); err != nil {
			return nil, err
		}
	}
	members := map[int]kinship{}
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

// familyCPU returns the CPU time that a process and its descendants have used.
func familyCPU(root int) (time.Duration, error) {
	members, err := family(root)
	var sum time.Duration
	for _, k := range members {
		sum += k.cpu
	}
	return sum, err
}

// familyAnonymous returns the memory in octets that only a process and its descendants have.
func familyAnonymous(root int) (int64, error) {
	members, err := family(root)
	var sum int64
	for pid := range members {
		n, err := anonymous(pid)
		if err != nil && !os.IsNotExist(err) && !errors.Is(err, syscall.ESRCH) {
			return 0, err
		}
		sum += n
	}
	return sum, err
}

// parseKinship reads ppid (field 4) and adds utime, stime, cutime and cstime (fields 14 to 17) of a
// /proc/PID/stat file. Field 2 is the name in parentheses, which may hold blanks and parentheses.
func parseKinship(text string) (kinship, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return kinship{}, fmt.Errorf("stat of a process has %d fields behind its name", len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return kinship{}, err
	}
	k := kinship{parent: parent}
	for i, field := range fields[11:15] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return kinship{}, err
		}
		k.cpu += time.Duration(ticks) * clockTick
		if i >= 2 {
			k.ended += time.Duration(ticks) * clockTick
		}
	}
	return k, nil
}
