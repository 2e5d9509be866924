package appliance

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
)

// What a box bears that has enough of everything.
const (
	usualMemory    = 64 << 20 // octets of memory, unless the configuration says more: 256 sessions
	mostPerPeer    = 32
	mostHandshakes = 64
)

const (
	// sessionMemory is the most that one session takes, in octets: TLS keeps 15 KiB and may hold two records
	// of 16 KiB, a command line of an exchange 16 KiB, a reply or a mail on its way 32 KiB.
	sessionMemory = 128 << 10
	// sessionShare is the part of the memory of the box that sessions may take together: one in so many.
	sessionShare = 2
	// ownDescriptors is how many the box needs beside its sessions and slots: listeners, notices, control socket,
	// files of a reload, commands.
	ownDescriptors = 64
	// leastSessions is what a box serves that has too little of everything: then it is short of it soon, and says so.
	leastSessions = 16
)

// bounds are how many there may be at a time of what clients make.
type bounds struct {
	sessions   int // in all
	perPeer    int // of one peer
	handshakes int // that are not finished
}

// leaving is how many sessions may be on their way out beside those that are counted: it bounds what a flood can make
// that comes faster than sessions end. The second half is for who is known, so that a flood does not use it up.
func (b bounds) leaving(known bool) int {
	if known {
		return max(b.sessions/4, 8)
	}
	return max(b.sessions/8, 4)
}

// boundsOf derives bounds from the memory that the box may take, in octets, and the descriptors, of which slots of
// the spool need one each; 0 descriptors is "not known", which bounds nothing.
func boundsOf(memory, descriptors, slots int64) bounds {
	sessions := memory / sessionShare / sessionMemory
	if descriptors > 0 {
		sessions = min(sessions, (descriptors-slots-ownDescriptors)*4/5) // a fifth is for those on their way out
	}
	sessions = max(sessions, leastSessions)
	return bounds{
		sessions:   int(sessions),
		perPeer:    int(min(mostPerPeer, sessions/2)),
		handshakes: int(min(mostHandshakes, sessions/2)),
	}
}

// MemoryOf returns how much memory the box may take, in octets: what the configuration says, or half of what the machine
// has, 64 MiB at most. It is a ceiling, which a box that has little to do never sees.
func MemoryOf(c *config.Config) int64 { return memoryOf(int64(c.Service.Memory), memoryOfMachine()) }

func memoryOf(written, machine int64) int64 {
	switch {
	case written > 0:
		return written
	case machine > 0:
		return min(machine/2, usualMemory)
	}
	return usualMemory
}

// memoryOfMachine returns how much memory this process may use, in octets: the machine's, or less where the control
// group says so; 0: not known.
func memoryOfMachine() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	memory := int64(info.Totalram) * int64(max(info.Unit, 1))
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil { // else it is "max"
			memory = min(memory, limit)
		}
	}
	return memory
}

// descriptors raises the soft limit of open files to the hard one and returns it; 0: not known.
func descriptors() int64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if limit.Cur < limit.Max {
		raised := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	const plenty = 1 << 30 // RLIM_INFINITY, whose size depends on the machine
	return int64(min(limit.Cur, plenty))
}
