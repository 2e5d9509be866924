package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"pillarbox/cmd/pillarbench/hostile"
	"pillarbox/cmd/pillarbench/siege"
)

// runHostile is the subcommand.
func runHostile(args []string, out io.Writer) error {
	var o hostile.Options
	flags := flag.NewFlagSet("pillarbench hostile", flag.ContinueOnError)
	flags.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	flags.Int64Var(&o.KeepMemory, "grown", hostile.KeepMemory>>10, "by how many `KiB` its private memory may grow")
	flags.IntVar(&o.Part, "part", 1, "one in how many clients of the crowd comes")
	flags.DurationVar(&o.Lasts, "lasts", 10*time.Second, "duration of each attack on a known client")
	flags.DurationVar(&o.Within, "within", hostile.WorstAnswer, "how long a known client may wait for a reply during an attack; 0 only prints it")
	flags.StringVar(&o.Notes, "note", "", noteUsage)
	flags.DurationVar(&o.Patience, "patience", hostile.Patience, "how long a known client waits for a reply before it counts as not served")
	chosen := flags.String("scenes", strings.Join(hostile.SceneNames(), ","), "`names` of the scenes to run")
	if err := parse(flags, args); err != nil {
		return err
	}
	names := strings.Split(*chosen, ",")
	if o.Binary == "" || o.Part < 1 {
		return needed(flags, "-pillarbox is needed, and -part is 1 or more")
	}
	for _, name := range names {
		if !slices.Contains(hostile.SceneNames(), name) {
			return needed(flags, fmt.Sprintf("-scenes: there is no scene %q", name))
		}
	}
	if inside, err := ownNetwork(out); !inside || err != nil {
		return err
	}
	return hostile.Run(o, names, out)
}

// networkVariable is set in the environment of a pillarbench that runs in its own network
// namespace.
const networkVariable = "PILLARBENCH_NETWORK"

// ownNetwork reports whether this process is in its own network namespace, in which each address of
// siege.Network and siege.Elsewhere is local. If not, ownNetwork runs the program again in one, and
// returns the result.
func ownNetwork(out io.Writer) (inside bool, err error) {
	if os.Getenv(networkVariable) != "" {
		for _, words := range [][]string{
			{"link", "set", "lo", "up"},
			{"-6", "route", "add", "local", siege.Network.String(), "dev", "lo"},
			{"-6", "route", "add", "local", siege.Elsewhere.String(), "dev", "lo"},
		} {
			if said, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
				return false, fmt.Errorf("ip (of iproute2): %w: %s", err, said)
			}
		}
		// The local route accepts every address of the network; this lets clients bind to any of
		// them.
		return true, os.WriteFile("/proc/sys/net/ipv6/ip_nonlocal_bind", []byte("1"), 0o644)
	}
	runtime.LockOSThread() // Pdeathsig is sent when the thread ends
	defer runtime.UnlockOSThread()
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Env = append(os.Environ(), networkVariable+"=1")
	again.Stdout, again.Stderr = out, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if uid := os.Geteuid(); uid != 0 { // root of a user namespace suffices
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	err = again.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.Exited() {
		os.Exit(exit.ExitCode()) // it has printed the reason
	}
	if err != nil {
		return false, fmt.Errorf("a network namespace of its own: %w", err)
	}
	return false, nil
}
