package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if policy := os.Getenv("policy"); policy != "" {
		withoutHugePages(policy)
		disabled, err := unix.PrctlRetInt(unix.PR_GET_THP_DISABLE, 0, 0, 0, 0)
		fmt.Println(os.Getpid(), os.Args[1:], disabled, err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestWithoutHugePages: where they are given to every process, the program goes on as the same
// process, with its arguments and its environment, and has none; elsewhere nothing happens.
func TestWithoutHugePages(t *testing.T) {
	for policy, disabled := range map[string]int{
		"[always] madvise never\n": 1,
		"always [madvise] never\n": 0,
		"always madvise [never]\n": 0,
		"":                         0, // no such file
	} {
		file := filepath.Join(t.TempDir(), "enabled")
		if policy != "" {
			if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.Command("/proc/self/exe", "serve", "-config", "x")
		run.Env = []string{"policy=" + file}
		out, err := run.Output()
		if want := fmt.Sprintln(run.Process.Pid, "[serve -config x]", disabled, "<nil>"); err != nil || string(out) != want {
			t.Errorf("%q: %q, %v; want %q", policy, out, err, want)
		}
	}
}
