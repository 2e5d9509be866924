package measure

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestParseAnonymous(t *testing.T) {
	const rollup = "00400000-7fff00000000 ---p 00000000 00:00 0   [rollup]\nRss:    5000 kB\nAnonymous:        1536 kB\nLazyFree:  0 kB\n"
	if got, err := parseAnonymous(rollup); got != 1536*1024 || err != nil {
		t.Errorf("got %d, %v, want %d", got, err, 1536*1024)
	}
	for _, text := range []string{"", "Rss: 5 kB\n", "Anonymous: many kB\n", "Anonymous: 5\n"} {
		if _, err := parseAnonymous(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestParseKinship(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       ProcessStat
		fails      bool
	}{
		{"plain", "7 (box) S 1 2 3 4 5 6 7 8 9 10 150 50 60 40 20 0", ProcessStat{1, 3 * time.Second, time.Second}, false},
		{"name with blanks and parentheses", "7 (a b) (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0", ProcessStat{1, 2 * time.Second, 0}, false},
		{"cut", "7 (box) S 1 2 3", ProcessStat{}, true},
		{"no number", "7 (box) S 1 2 3 4 5 6 7 8 9 10 150 x 0 0", ProcessStat{}, true},
		{"no name", "", ProcessStat{}, true},
	} {
		got, err := parseProcessStat(row.text)
		if (got != row.want && !row.fails) || (err != nil) != row.fails {
			t.Errorf("%s: got %v, %v, want %v", row.name, got, err, row.want)
		}
	}
}

func TestFamily(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	members, err := family(os.Getpid())
	if _, in := members[child.Process.Pid]; !in || err != nil {
		t.Errorf("the child %d is not in the family %v, %v", child.Process.Pid, members, err)
	}
	members, err = family(child.Process.Pid)
	if _, in := members[os.Getpid()]; in || err != nil {
		t.Errorf("the parent is in the family of its child: %v, %v", members, err)
	}
	if n, err := FamilyAnonymous(os.Getpid()); err != nil || n < 4096 {
		t.Errorf("this test has %d octets of private memory, %v", n, err)
	}
	if _, err := FamilyCPU(os.Getpid()); err != nil {
		t.Error(err)
	}
}
