package server

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A memoryGroup is a control group whose processes share a limit of memory, including the page
// cache.
type memoryGroup struct{ path string }

// NewMemoryGroup makes a group below the root of the memory controller, of version 2 or, if the
// machine has that, of version 1. It requires root.
func NewMemoryGroup(octets int64) (*memoryGroup, error) {
	root, limit := "/sys/fs/cgroup", "memory.max"
	if controllers, _ := os.ReadFile(filepath.Join(root, "cgroup.subtree_control")); !strings.Contains(string(controllers), "memory") {
		root, limit = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	}
	g := &memoryGroup{filepath.Join(root, fmt.Sprintf("pillarbench.%d", os.Getpid()))}
	if err := os.Mkdir(g.path, 0o755); err != nil {
		return nil, fmt.Errorf("a control group for memory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(g.path, limit), fmt.Append(nil, octets), 0o644); err != nil {
		return nil, errors.Join(err, g.Remove())
	}
	return g, nil
}

// command is exec.Command of a program that starts in the group.
func (g *memoryGroup) command(name string, args ...string) *exec.Cmd {
	const enter = `echo $$ >"$0/cgroup.procs" && exec "$@"`
	return exec.Command("sh", append([]string{"-c", enter, g.path, name}, args...)...)
}

// Remove removes the group. Its processes must have ended.
func (g *memoryGroup) Remove() error { return os.Remove(g.path) }
