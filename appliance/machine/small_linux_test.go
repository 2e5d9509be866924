package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if policy := os.Getenv("policy"); policy != "" {
		startSmall(policy)
		small := StartedSmall()
		disabled, err := unix.PrctlRetInt(unix.PR_GET_THP_DISABLE, 0, 0, 0, 0)
		fmt.Println(os.Getpid(), os.Args[1:], small, runtime.GOMAXPROCS(0), disabled, err, os.Environ())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestStartSmall: the program goes on as the same process, with its arguments and its environment,
// without huge pages where they are given to every process, and with one thread if nobody has
// chosen a number. A program that has been started by such a one is started again as well.
func TestStartSmall(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("this machine has one processor")
	}
	const always, madvise = "[always] madvise never\n", "always [madvise] never\n"
	for _, test := range []struct {
		policy   string
		env      string
		small    bool
		threads  int
		disabled int
	}{
		{always, "", true, 1, 1},
		{madvise, "", true, 1, 0},
		{"always madvise [never]\n", "", true, 1, 0},
		{"", "", true, 1, 0}, // no such file
		{always, "GOMAXPROCS=2", false, 2, 1},
		{madvise, "GOMAXPROCS=2", false, 2, 0},
		{always, "GOMAXPROCS=1", false, 1, 1},
		{madvise, "GOMAXPROCS=1", false, 1, 0},
	} {
		file := filepath.Join(t.TempDir(), "enabled")
		if test.policy != "" {
			if err := os.WriteFile(file, []byte(test.policy), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.Command("/proc/self/exe", "serve", "-config", "x")
		run.Env = []string{"policy=" + file}
		if test.env != "" {
			run.Env = append(run.Env, test.env)
		}
		out, err := run.Output()
		env := strings.Join(run.Env, " ")
		want := fmt.Sprintf("%d [serve -config x] %v %d %d <nil> [%s]\n", run.Process.Pid, test.small, test.threads, test.disabled, env)
		if err != nil || string(out) != want {
			t.Errorf("%q with %q: %q, %v; want %q", test.policy, test.env, out, err, want)
		}
	}
}
