package confine

import (
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Bounds are what stays possible. What is not there is left out.
type Bounds struct {
	Write  []string // folders
	Remove []string // folders
	Read   []string // folders and files
}

// The rights of the table in the package comment. What a kernel does not know is left out of them.
const (
	reading  landlock.AccessFSSet = ll.AccessFSReadFile
	removing landlock.AccessFSSet = ll.AccessFSRemoveFile
	writing  landlock.AccessFSSet = reading | removing | ll.AccessFSReadDir | ll.AccessFSWriteFile | ll.AccessFSTruncate |
		ll.AccessFSMakeReg | ll.AccessFSMakeDir | ll.AccessFSRemoveDir | ll.AccessFSMakeSock

	everyFile   = writing | ll.AccessFSExecute | ll.AccessFSMakeChar | ll.AccessFSMakeFifo | ll.AccessFSMakeBlock | ll.AccessFSMakeSym | ll.AccessFSRefer | ll.AccessFSIoctlDev
	everyPort   = landlock.AccessNetSet(ll.AccessNetBindTCP | ll.AccessNetConnectTCP)
	everySignal = landlock.ScopedSet(ll.ScopeSignal)
)

const setNoNewPrivs = 38 // PR_SET_NO_NEW_PRIVS of prctl(2)

// Within confines this process, in all of its threads and for ever; nothing that it starts gets rights by its file. It returns the
// version of Landlock that the kernel has, 0 for none: then files and ports are as open as before.
func Within(b Bounds) (version int, err error) {
	if _, _, errno := psx.Syscall6(syscall.SYS_PRCTL, setNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return 0, os.NewSyscallError("prctl", errno)
	}
	version, err = ll.LandlockGetABIVersion()
	if err != nil || version < 1 {
		return 0, nil // a kernel without it, or one that was started without it
	}
	config := landlock.MustConfig(everyFile, everyPort, everySignal).BestEffort()
	rules := []landlock.Rule{
		landlock.PathAccess(writing, b.Write...).IgnoreIfMissing(),
		landlock.PathAccess(removing, b.Remove...).IgnoreIfMissing(),
		landlock.PathAccess(reading, b.Read...).IgnoreIfMissing(),
	}
	if err := config.Restrict(rules...); err != nil {
		return version, err
	}
	return version, nil
}
