package appliance

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
)

// TestExamine: what the configuration names on this machine is looked at, and named.
func TestExamine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	warnings := func() string {
		t.Helper()
		e, err := admin.Examine(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, checked := range []string{"ports", "state directory"} {
			if !slices.Contains(e.Checked, checked) {
				t.Errorf("checked are %q, without %s", e.Checked, checked)
			}
		}
		return strings.Join(e.Warnings, "\n")
	}
	if got := warnings(); got != "" {
		t.Errorf("warnings: %s", got)
	}
	c.SMTP.Listen = []string{taken.Addr().String(), "192.0.2.1:25"}
	got := warnings()
	for _, want := range []string{
		"smtp.listen: another program uses " + taken.Addr().String() + "; the listener will be off",
		"smtp.listen: 192.0.2.1:25 is no address of this machine",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the warnings are %q, without %q", got, want)
		}
	}

	// Of a server that runs: its own ports are not taken, the one that is off is named.
	c.SMTP.Listen = []string{taken.Addr().String()}
	b := start(t, c, Options{})
	b.await("ready", 1)
	if got := warnings(); strings.Count(got, "\n") != 0 || !strings.Contains(got, "smtp.listen: "+taken.Addr().String()+" is off") {
		t.Errorf("beside a running server the warnings are %q", got)
	}
	c.Spool.Slot = 2 << 20
	if got := warnings(); !strings.Contains(got, "spool.slot: the spool has slots of 1MiB, which cannot be changed; 2MiB has no effect") {
		t.Errorf("with another spool.slot the warnings are %q", got)
	}

	// What stops a start is an error.
	c.Service.User = "nobody-of-that-name"
	if _, err := admin.Examine(c); err == nil || !strings.Contains(err.Error(), "service.user: ") {
		t.Errorf("without the user of the service: %v", err)
	}
}

// TestExamineWithoutStorage: mail that would lie in memory stops a start, also where nothing is
// made yet.
func TestExamineWithoutStorage(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err != nil {
		t.Skip(err)
	}
	c := settings("/dev/shm/pillarbox-that-is-not-there/state")
	c.Spool.Volatile = false
	_, err := admin.Examine(c)
	if err == nil || !strings.Contains(err.Error(), "would not last") {
		t.Errorf("in memory: %v", err)
	}
	c.Spool.Volatile = true
	if _, err := admin.Examine(c); err != nil {
		t.Errorf("in memory, as the configuration says: %v", err)
	}
}

// TestEffectiveValues: what the configuration leaves to the machine is shown as it is there.
func TestEffectiveValues(t *testing.T) {
	c, err := config.Builtin(config.Environment{Hostname: "nas", UID: noUser, Getenv: func(name string) string {
		return map[string]string{"STATE_DIRECTORY": t.TempDir()}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := (listen.Ports{110: 1110, 995: 995}).Store(c.State); err != nil {
		t.Fatal(err)
	}
	got := map[string]admin.Effective{}
	for _, e := range admin.EffectiveOf(c) {
		got[e.Key] = e
	}
	for key, want := range map[string]string{"pop3.listen": `[":1110"]`, "pop3.listen_tls": `[":995"]`, "smtp.listen": `[":25", ":587"]`, "hostname": `"nas.home.arpa"`} {
		if got[key].Value != want || !strings.HasPrefix(got[key].From, "default") {
			t.Errorf("%s is %+v, want %s", key, got[key], want)
		}
	}
	if got["service.memory"].Value == `"0B"` {
		t.Errorf("service.memory is %+v", got["service.memory"])
	}
}

// TestExamineOddFormat: a FORMAT that is no regular file stops no examination: a FIFO would be
// waited for, and a device has no end.
func TestExamineOddFormat(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"FIFO": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"link": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := plant(filepath.Join(dir, "FORMAT")); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := admin.SlotOf(dir)
				ended <- err
			}()
			select {
			case err := <-ended:
				if err == nil {
					t.Error("it was read")
				}
			case <-time.After(5 * time.Second):
				t.Error("it is being read without an end")
			}
		})
	}
}
