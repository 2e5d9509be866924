package machine

import (
	"bytes"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// startedSmall is in the environment of a program that StartSmall has started again: how many
// threads it has, 1 or as many as before.
const (
	startedSmall = "PILLARBOX_STARTED_SMALL"
	oneThread    = "with one thread"
	sameThreads  = "with the same threads"
)

// StartSmall starts this program again, as the same process, where it takes less memory from then
// on:
//
//   - Without transparent huge pages where the kernel gives them to every process, as that of
//     Debian does. There the first octet of each region of the Go runtime costs 2 MiB: a server at
//     rest has 8.6 MiB of private memory, without huge pages 1.9. What is huge already stays so
//     until exec; afterwards the setting also holds for what the program starts.
//   - With one thread for Go code (GOMAXPROCS), because each thread keeps free memory of every size
//     class: a second one costs 350 KiB. Giving one up later saves nothing, because the runtime
//     then builds lists of the memory that it held. StartedSmall tells the server, which allows
//     more when there is work for them. A GOMAXPROCS of the environment stays.
//
// It returns if there is nothing to do, or if it cannot be done: then the server takes more memory.
func StartSmall() { startSmall("/sys/kernel/mm/transparent_hugepage/enabled") }

// StartedSmall reports whether this program has one thread for Go code because of StartSmall, and
// forgets that: it is about no child.
func StartedSmall() bool {
	how := os.Getenv(startedSmall)
	os.Unsetenv(startedSmall)
	if how != oneThread {
		return false
	}
	os.Unsetenv("GOMAXPROCS")
	return true
}

func startSmall(policyFile string) {
	if os.Getenv(startedSmall) != "" {
		return
	}
	_, chosen := os.LookupEnv("GOMAXPROCS")
	threads := !chosen && runtime.GOMAXPROCS(0) > 1
	if !disableHugePages(policyFile) && !threads {
		return
	}
	program, err := os.Executable() // its name is that of the process, which /proc/self/exe is not
	if err != nil {
		return
	}
	env := append(os.Environ(), startedSmall+"="+sameThreads)
	if threads {
		env = append(os.Environ(), startedSmall+"="+oneThread, "GOMAXPROCS=1")
	}
	_ = syscall.Exec(program, os.Args, env)
}

// disableHugePages disables them for this process and what it starts, from exec on, if the kernel
// gives them to every process, and reports whether that has changed anything.
func disableHugePages(policyFile string) bool {
	policy, err := os.ReadFile(policyFile)
	if err != nil || !bytes.Contains(policy, []byte("[always]")) || disabled() {
		return false
	}
	return unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0) == nil && disabled()
}

// disabled reports whether this process has no transparent huge pages.
func disabled() bool {
	n, err := unix.PrctlRetInt(unix.PR_GET_THP_DISABLE, 0, 0, 0, 0)
	return err == nil && n != 0
}
