package machine

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestGroupMemory: the limit of the process's own control group holds, in both versions, and those
// of the groups above it.
func TestGroupMemory(t *testing.T) {
	const unlimited = "9223372036854771712\n" // memory.limit_in_bytes of version 1
	for _, tt := range []struct {
		name  string
		group string
		files map[string]string
		want  int64
	}{
		{"MemoryMax= of a unit", "0::/system.slice/pillarbox.service\n",
			map[string]string{"system.slice/pillarbox.service/memory.max": "41943040\n", "system.slice/memory.max": "max\n"}, 40 << 20},
		{"of the slice above it", "0::/system.slice/pillarbox.service\n",
			map[string]string{"system.slice/pillarbox.service/memory.max": "max\n", "system.slice/memory.max": "67108864\n"}, 64 << 20},
		{"a container with a name space of groups", "0::/\n", map[string]string{"memory.max": "167772160\n"}, 160 << 20},
		{"Docker with version 1", "9:memory:/docker/1f2e\n1:name=systemd:/docker/1f2e\n",
			map[string]string{"memory/memory.limit_in_bytes": "167772160\n"}, 160 << 20},
		{"a group of version 1", "4:cpu:/a\n9:memory:/b/c\n0::/\n",
			map[string]string{"memory/b/c/memory.limit_in_bytes": "33554432\n", "memory/b/memory.limit_in_bytes": unlimited,
				"memory/a/memory.limit_in_bytes": "1\n"}, 32 << 20},
		{"version 1 without a limit", "9:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": unlimited}, 9223372036854771712},
		{"no limit", "0::/\n", map[string]string{"memory.max": "max\n"}, 0},
		{"a path that leads out", "0::/../../..\n", map[string]string{"memory.max": "1048576\n"}, 1 << 20},
		{"no /proc", "", map[string]string{"memory.max": "1048576\n"}, 1 << 20},
		{"nothing", "", nil, 0},
	} {
		root := t.TempDir()
		write := func(name, text string) {
			path := filepath.Join(root, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if tt.group != "" {
			write("proc/self/cgroup", tt.group)
		}
		for name, text := range tt.files {
			write("sys/fs/cgroup/"+name, text)
		}
		if got := groupMemory(root); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	if Memory() < 1<<20 {
		t.Errorf("this machine has %d octets", Memory())
	}
}
