package appliance

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
	"pillarbox/spool/flash"
)

// predecessorState names the environment variable that makes TestPredecessor the process that has a
// spool and a port.
const predecessorState = "PILLARBOX_TEST_PREDECESSOR"

// predecessor starts a process that has the spool of a state directory and a port, until it is
// killed.
func predecessor(t *testing.T, state string) (port string, process *os.Process) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestPredecessor$")
	child.Env = append(os.Environ(), predecessorState+"="+state)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Process.Kill()
		child.Wait()
	})
	port, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(port), child.Process
}

func TestPredecessor(t *testing.T) {
	state := os.Getenv(predecessorState)
	if state == "" {
		t.Skip("other tests start it in a process of its own")
	}
	if _, err := flash.Open(filepath.Join(state, statedir.SpoolFolder), flash.Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(l.Addr())
	select {} // until it is killed
}

// TestStartAfterKill: a start while the process before it is being killed waits until that has
// given back the spool and the ports.
func TestStartAfterKill(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	port, process := predecessor(t, state)
	c := settings(state)
	c.POP3.Listen = []string{port}
	met := 0
	b := start(t, c, Options{opening: storage.Opening{Waits: func(holder error) {
		met++
		if !strings.Contains(holder.Error(), fmt.Sprintf("process %d (", process.Pid)) {
			t.Errorf("the log would say %q", holder)
		}
		process.Kill()
	}}})
	if met != 1 {
		t.Errorf("the other process was met %d times", met)
	}
	b.login("pop3.listen", "anna").must("QUIT")
}

// TestStartBesideALivingProcess: one that does not end is waited for, and then named.
func TestStartBesideALivingProcess(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	_, process := predecessor(t, state)
	named := fmt.Sprintf("process %d (", process.Pid)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := storage.Open(t.Context(), settings(state), storage.Opening{}, time.Now, zap.NewNop(), nil)
		if !errors.Is(err, flash.ErrLocked) || !strings.Contains(err.Error(), named) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took < statedir.Patience || took > statedir.Patience+50*time.Millisecond {
			t.Errorf("it waited %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, err := New(t.Context(), settings(state), Options{})
		if !errors.Is(err, flash.ErrLocked) || !strings.Contains(err.Error(), named) {
			t.Errorf("a start: %v", err)
		}
	})
}

// TestPortsOfOneThatEnded: ports are tried again if the process that had them, and the spool, has
// ended before the spool is opened: a listener would be off until a reload.
func TestPortsOfOneThatEnded(t *testing.T) {
	state := t.TempDir()
	port, process := predecessor(t, state)
	c := settings(state)
	c.SMTP.Listen = []string{port}
	a := &Appliance{state: state, log: zap.NewNop(), clients: access.NewTable()}
	if err := a.openListeners(c); err != nil || len(a.listeners.Off()) != 1 {
		t.Fatalf("listeners are off: %q, %v", a.listeners.Off(), err)
	}
	defer a.listeners.Close()
	process.Kill()
	process.Wait()
	if err := a.listeners.Settle(t.Context(), c, false); err != nil || len(a.listeners.Off()) > 0 {
		t.Errorf("listeners are off: %q, %v", a.listeners.Off(), err)
	}
}
