package appliance

import (
	"syscall"

	"pillarbox/appliance/access"
)

const (
	// sessionMemory is the most that one session takes, in octets: TLS keeps 15 KiB and may hold
	// two records of 16 KiB, a command line of an exchange 16 KiB, a reply or a mail on its way 32
	// KiB.
	sessionMemory = 128 << 10
	// sessionShare is the part of the memory that sessions may take together, one in that many.
	sessionShare = 2
	// ownDescriptors is how many are needed beside sessions and slots: for listeners,
	// notifications, the control socket, files of a reload, and commands.
	ownDescriptors = 64
	// leastSessions is served also by a machine that has too little of everything: it soon runs
	// short, and logs it.
	leastSessions = 16
)

// boundsOf derives bounds from the memory that the server may take, in octets, and the descriptors,
// of which slots of the spool need one each; 0 descriptors means that the limit is not known.
func boundsOf(memory, descriptors, slots int64) access.Bounds {
	sessions := memory / sessionShare / sessionMemory
	if descriptors > 0 {
		// A fifth is for sessions that are ending.
		sessions = min(sessions, (descriptors-slots-ownDescriptors)*4/5)
	}
	return access.BoundsFor(int(max(sessions, leastSessions)))
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
