package confine

import (
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Bounds are what stays accessible. A file that does not exist is left out.
type Bounds struct {
	Write  []string // folders
	Remove []string // folders
	Read   []string // folders and files
	Bind   []uint16 // TCP ports
	// Connect are the TCP ports of other machines that may be connected to.
	Connect []uint16
	// Execute are programs that may be started. What they start inherits all the bounds.
	Execute []string
}

// The rights of the table in the package comment. Rights that a kernel does not support are left
// out.
const (
	reading  landlock.AccessFSSet = ll.AccessFSReadFile
	removing landlock.AccessFSSet = ll.AccessFSRemoveFile
	// executing includes reading: the kernel opens a program for both.
	executing landlock.AccessFSSet = reading | ll.AccessFSExecute
	writing   landlock.AccessFSSet = reading | removing | ll.AccessFSReadDir | ll.AccessFSWriteFile | ll.AccessFSTruncate |
		ll.AccessFSMakeReg | ll.AccessFSMakeDir | ll.AccessFSRemoveDir | ll.AccessFSMakeSock

	everyFile   = writing | ll.AccessFSExecute | ll.AccessFSMakeChar | ll.AccessFSMakeFifo | ll.AccessFSMakeBlock | ll.AccessFSMakeSym | ll.AccessFSRefer | ll.AccessFSIoctlDev
	everyPort   = landlock.AccessNetSet(ll.AccessNetBindTCP | ll.AccessNetConnectTCP)
	everySignal = landlock.ScopedSet(ll.ScopeSignal)
)

const setNoNewPrivs = 38 // PR_SET_NO_NEW_PRIVS of prctl(2)

// Within confines this process, in all of its threads and permanently; programs that it starts gain
// no rights by their files. It returns the version of Landlock that the kernel has, 0 if none: then
// files and ports are as accessible as before.
func Within(b Bounds) (version int, err error) {
	if _, _, errno := psx.Syscall6(syscall.SYS_PRCTL, setNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return 0, os.NewSyscallError("prctl", errno)
	}
	version, err = ll.LandlockGetABIVersion()
	if err != nil || version < 1 {
		return 0, nil // a kernel without Landlock, or with it switched off
	}
	config := landlock.MustConfig(everyFile, everyPort, everySignal).BestEffort()
	rules := []landlock.Rule{
		landlock.PathAccess(writing, b.Write...).IgnoreIfMissing(),
		landlock.PathAccess(removing, b.Remove...).IgnoreIfMissing(),
		landlock.PathAccess(reading, b.Read...).IgnoreIfMissing(),
	}
	for _, port := range b.Bind {
		rules = append(rules, landlock.BindTCP(port))
	}
	for _, port := range b.Connect {
		rules = append(rules, landlock.ConnectTCP(port))
	}
	if len(b.Execute) > 0 {
		rules = append(rules, landlock.PathAccess(executing, b.Execute...))
	}
	if err := config.Restrict(rules...); err != nil {
		return version, err
	}
	return version, nil
}
