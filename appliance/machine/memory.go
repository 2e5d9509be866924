package machine

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Memory returns how many octets of memory this process may use: the machine's memory, or less if
// its control group, or one above, limits it: MemoryMax= of a unit, the limit of a container. 0:
// not known.
func Memory() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	memory := int64(info.Totalram) * int64(max(info.Unit, 1))
	if limit := groupMemory("/"); limit > 0 {
		memory = min(memory, limit)
	}
	return memory
}

// groupMemory returns the least limit of memory of the control groups of this process, in octets;
// 0: there is none. root is where /proc and /sys are.
func groupMemory(root string) (least int64) {
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		text = []byte("0::/") // the root of a container is its own group
	}
	for line := range strings.Lines(string(text)) {
		// cgroups(7): hierarchy ID, controllers, path.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		switch {
		case parts[0] == "0" && parts[1] == "":
			least = leastAbove(least, filepath.Join(root, "sys/fs/cgroup"), parts[2], "memory.max")
		case strings.Contains(","+parts[1]+",", ",memory,"):
			least = leastAbove(least, filepath.Join(root, "sys/fs/cgroup/memory"), parts[2], "memory.limit_in_bytes")
		}
	}
	return least
}

// leastAbove returns the least of a limit and those of a group and all above it. Docker shows a
// container the path that its group has outside, and the group itself as the root: groups that do
// not exist are skipped.
func leastAbove(least int64, mount, group, file string) int64 {
	for {
		group = path.Clean("/" + group)
		text, err := os.ReadFile(filepath.Join(mount, group, file))
		if err == nil {
			// Not a number is "max"; a group of version 1 without a limit has more than any
			// machine.
			limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err == nil && limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
		}
		if group == "/" {
			return least
		}
		group = path.Dir(group)
	}
}
