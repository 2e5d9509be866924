package device

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// machine makes a root directory with the sysfs folders of devices.
func machine(t *testing.T, devices map[string]map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, attributes := range devices {
		folder := filepath.Join(root, sysfsFolder, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for attribute, value := range attributes {
			if err := os.WriteFile(filepath.Join(folder, attribute), []byte(value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func TestStatus(t *testing.T) {
	root := machine(t, map[string]map[string]string{
		"watchdog0": {
			"identity": "i6300ESB timer", "state": "active", "nowayout": "0", "bootstatus": "32",
			"timeout": "30", "min_timeout": "1", "max_timeout": "2046",
		},
		"watchdog1": {"identity": "other", "state": "inactive", "nowayout": "1", "bootstatus": "0x0"},
	})
	found := Devices(root)
	if len(found) != 2 {
		t.Fatalf("found %+v", found)
	}
	want := Status{
		Path: filepath.Join(root, "dev/watchdog0"), Identity: "i6300ESB timer",
		Running: true, BootStatus: bootCardReset,
		Timeout: 30 * time.Second, Least: time.Second, Most: 2046 * time.Second,
	}
	if found[0] != want {
		t.Errorf("got %+v\nnot %+v", found[0], want)
	}
	if !found[0].WasReset() || found[0].BootWords() != "reset by the watchdog" {
		t.Errorf("it booted because: %q", found[0].BootWords())
	}
	if found[1].Running || !found[1].NoWayOut || found[1].WasReset() || found[1].BootWords() != "" {
		t.Errorf("got %+v", found[1])
	}
	if s := StatusOf(root, "/dev/watchdog"); s.Identity != "i6300ESB timer" {
		t.Errorf("/dev/watchdog is %+v", s)
	}
	if s := StatusOf(root, "/dev/watchdog7"); s != (Status{Path: "/dev/watchdog7"}) {
		t.Errorf("what is not there is %+v", s)
	}
	if len(Devices(t.TempDir())) != 0 {
		t.Error("a machine without watchdogs has some")
	}
}
