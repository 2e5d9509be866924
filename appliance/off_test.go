package appliance

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/storage"
)

// TestTakenPort: a port that another program has is off, and the rest is served. It is named in the
// log and in health, and opened by a reload once it is free.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	c.SMTP.Listen = []string{addr, "127.0.0.1:0"}
	b := start(t, c, Options{})
	b.await("ready", 1)
	b.login("pop3.listen", "anna").must("QUIT")
	if found := b.log.FilterMessageSnippet("listener is off").All(); len(found) != 1 || found[0].ContextMap()["at"] != addr || found[0].ContextMap()["key"] != "smtp.listen" {
		t.Errorf("the log has %v", found)
	}
	said := func() string {
		h := b.health(t.Context())
		if !h.Well {
			t.Errorf("health is %+v", h)
		}
		return strings.Join(h.Degraded, "\n")
	}
	if text := said(); !strings.Contains(text, "smtp.listen "+addr+" is off") {
		t.Errorf("health has %q", text)
	}

	// Still taken, then free.
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	if text := said(); !strings.Contains(text, addr) {
		t.Errorf("after a reload health has %q", text)
	}
	taken.Close()
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	if text := said(); text != "" {
		t.Errorf("after the port was free health has %q", text)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	greeting := make([]byte, 4)
	if _, err := conn.Read(greeting); err != nil || string(greeting) != "220 " {
		t.Errorf("the greeting is %q, %v", greeting, err)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the listener is open after the end")
	}
}

// TestStartThatFailsAtAPortWritesNothing: the service manager repeats it, and the state directory
// lies on flash.
func TestStartThatFailsAtAPortWritesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		name, addr string
		want       error
	}{
		{"no POP3 port is free", taken.Addr().String(), syscall.EADDRINUSE},
		{"no address of this machine", "192.0.2.1:0", syscall.EADDRNOTAVAIL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := settings(t.TempDir())
			c.POP3.Listen, c.POP3.ListenTLS = []string{tt.addr}, []string{}
			_, err := New(t.Context(), c, Options{})
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.addr) {
				t.Errorf("the start returned %v", err)
			}
			found, err := os.ReadDir(c.State)
			if err != nil || len(found) > 0 {
				t.Errorf("the state directory has %v, %v", found, err)
			}
		})
	}
}

// TestPortsOfAPredecessor: the process that has the spool has all POP3 ports as well, until it
// ends.
func TestPortsOfAPredecessor(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	port, process := predecessor(t, state)
	c := settings(state)
	c.POP3.Listen, c.POP3.ListenTLS = []string{port}, []string{}
	b := start(t, c, Options{opening: storage.Opening{Waits: func(error) { process.Kill() }}})
	b.login("pop3.listen", "anna").must("QUIT")
}
