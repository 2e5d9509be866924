package measure

import (
	"fmt"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
)

// TestPeak: the most of each kind counts, be it in different samples, and the first sample is taken
// even if the watch is stopped at once.
func TestPeak(t *testing.T) {
	samples := []Peak{{Child: 1, Server: 9}, {Child: 5, Server: 2}, {Child: 3, Server: 3}}
	var taken atomic.Int64
	all := make(chan bool)
	var p Peak
	stop := p.Watch(func() Peak {
		n := int(taken.Add(1))
		if n == len(samples) {
			close(all)
		}
		return samples[min(n, len(samples))-1]
	})
	<-all
	stop()
	if want := (Peak{Child: 5, Server: 9}); p != want {
		t.Errorf("got %+v, want %+v", p, want)
	}
	var once Peak
	once.Watch(func() Peak { return Peak{Child: 7} })()
	if once.Child != 7 {
		t.Errorf("stopped at once: got %+v", once)
	}
}

// TestParentAndChildren: a child that runs another program counts, and one with the command line of
// its parent, as between fork and exec, does not.
func TestParentAndChildren(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		counts       bool
	}{
		{"another program", "cat <&3 & echo $!; read -r x <&3", true},
		{"the same", "(read -r x <&3) & echo $!; read -r x <&3", false}, // a subshell
	} {
		c := exec.Command("sh", "-c", "exec 3<&0; "+tt.script)
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var child int
		if _, err := fmt.Fscan(out, &child); err != nil {
			t.Fatal(err)
		}
		for tt.counts && commandLine(child) == commandLine(c.Process.Pid) { // not yet another program
			runtime.Gosched()
		}
		if got := ParentAndChildren(c.Process.Pid); got.Server == 0 || got.Child > 0 != tt.counts {
			t.Errorf("%s: %+v", tt.name, got)
		}
		in.Close()
		c.Wait()
	}
}
