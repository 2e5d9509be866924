package machine

import (
	"bytes"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// WithoutHugePages starts this program again, as the same process, where the kernel gives
// transparent huge pages to every process, as Debian's does. There the first octet of each region
// of the Go runtime costs 2 MiB: a server at rest has 8.6 MiB of private memory, without huge pages
// 1.9. What is huge already stays so until exec; afterwards the setting also holds for what the
// program starts. WithoutHugePages returns if there is nothing to do, or if it cannot be done: then
// the server takes more memory.
func WithoutHugePages() { withoutHugePages("/sys/kernel/mm/transparent_hugepage/enabled") }

func withoutHugePages(policyFile string) {
	policy, err := os.ReadFile(policyFile)
	if err != nil || !bytes.Contains(policy, []byte("[always]")) {
		return
	}
	if disabled() {
		return
	}
	program, err := os.Executable() // its name is that of the process, which /proc/self/exe is not
	if err != nil || unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0) != nil || !disabled() {
		return // without the last condition, a sandbox that ignores it would start this again and again
	}
	_ = syscall.Exec(program, os.Args, os.Environ())
}

// disabled reports whether this process has no transparent huge pages.
func disabled() bool {
	n, err := unix.PrctlRetInt(unix.PR_GET_THP_DISABLE, 0, 0, 0, 0)
	return err == nil && n != 0
}
