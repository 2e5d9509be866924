package watchdog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A board is a fake of the kernel's watchdog: it answers as i6300esb was seen to.
type board struct {
	options    uint32
	boot       int
	timeout    int
	most       int
	accepts    func(seconds int) int // what becomes of a timeout; nil: itself
	noTimeout  bool
	pretimeout int
	sets       int
	feeds      int
	written    string
	disabled   bool
	closed     bool
}

func (b *board) Support() (uint32, string, error) { return b.options, "fake", nil }
func (b *board) BootStatus() (int, error)         { return b.boot, nil }
func (b *board) SetTimeout(s int) (int, error) {
	b.sets++
	if b.most > 0 && s > b.most {
		return 0, syscall.EINVAL
	}
	if b.accepts != nil {
		s = b.accepts(s)
	}
	b.timeout = s
	return s, nil
}
func (b *board) Timeout() (int, error) {
	if b.noTimeout {
		return 0, syscall.EOPNOTSUPP
	}
	return b.timeout, nil
}
func (b *board) SetPretimeout(s int) error { b.pretimeout = s; return nil }
func (b *board) KeepAlive() error          { b.feeds++; return nil }
func (b *board) Disable() error            { b.disabled = true; return nil }
func (b *board) Write(p []byte) (int, error) {
	b.written += string(p)
	return len(p), nil
}
func (b *board) Close() error { b.closed = true; return nil }

const usual = canSet | canMagic | 0x8000

func TestHardware(t *testing.T) {
	for _, row := range []struct {
		name    string
		status  Status
		board   board
		want    time.Duration // asked for
		timeout time.Duration // that holds
		sets    int
		pretime int
		closing string // "magic", "disable" or "nowayout"
	}{
		{"as asked for", Status{}, board{options: usual, timeout: 30}, time.Minute, time.Minute, 1, 0, "magic"},
		{"not below ours", Status{}, board{options: usual, timeout: 30}, time.Second, 5 * time.Second, 1, 0, "magic"},
		{"not above ours", Status{}, board{options: usual, timeout: 30}, time.Hour, 2 * time.Minute, 1, 0, "magic"},
		{"not above the device's", Status{Most: 16 * time.Second}, board{options: usual, timeout: 10, most: 16}, time.Minute, 16 * time.Second, 1, 0, "magic"},
		{"not below the device's", Status{Least: 20 * time.Second}, board{options: usual, timeout: 30}, 10 * time.Second, 20 * time.Second, 1, 0, "magic"},
		{"what it makes of it", Status{}, board{options: usual, timeout: 30, accepts: func(int) int { return 32 }}, time.Minute, 32 * time.Second, 1, 0, "magic"},
		{"cannot be set", Status{}, board{options: canMagic, timeout: 30}, time.Minute, 30 * time.Second, 0, 0, "magic"},
		{"does not say", Status{Timeout: 30 * time.Second}, board{options: canMagic, noTimeout: true}, time.Minute, 30 * time.Second, 0, 0, "magic"},
		{"notes it before", Status{}, board{options: usual | canPretime, timeout: 30}, time.Minute, time.Minute, 1, 10, "magic"},
		{"no magic", Status{}, board{options: canSet, timeout: 30}, time.Minute, time.Minute, 1, 0, "disable"},
		{"no way out", Status{NoWayOut: true}, board{options: usual, timeout: 30}, time.Minute, time.Minute, 1, 0, "nowayout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := row.board
			h := &Hardware{Status: row.status, calls: &b}
			if err := h.set(row.want); err != nil {
				t.Fatal(err)
			}
			if h.Timeout() != row.timeout || b.sets != row.sets || b.pretimeout != row.pretime {
				t.Errorf("timeout %v, set %d times, pretimeout %d", h.Timeout(), b.sets, b.pretimeout)
			}
			h.Feed()
			err := h.Disarm()
			switch row.closing {
			case "nowayout":
				if !errors.Is(err, ErrNoWayOut) || b.feeds != 2 || b.written != "" {
					t.Errorf("disarmed: %v, %d feeds, %q written", err, b.feeds, b.written)
				}
			case "magic":
				if err != nil || b.written != "V" || b.disabled {
					t.Errorf("disarmed: %v, %q written, disabled %v", err, b.written, b.disabled)
				}
			case "disable":
				if err != nil || b.written != "" || !b.disabled {
					t.Errorf("disarmed: %v, %q written, disabled %v", err, b.written, b.disabled)
				}
			}
			if !b.closed {
				t.Error("not closed")
			}
			if feeds := b.feeds; h.Disarm() != nil || b.feeds != feeds {
				t.Error("a second Disarm did something")
			}
		})
	}
}

// TestNoTimeout: a device that does not say how long it waits is let go again.
func TestNoTimeout(t *testing.T) {
	h := &Hardware{calls: &board{options: canMagic, noTimeout: true}}
	if err := h.set(time.Minute); err == nil {
		t.Error("taken")
	}
}

// machine makes the sysfs folders of some devices below root.
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
		"watchdog0": {"identity": "i6300ESB timer", "state": "active", "timeout": "30", "min_timeout": "1", "max_timeout": "2046", "nowayout": "0", "bootstatus": "32"},
		"watchdog1": {"identity": "other", "state": "inactive", "nowayout": "1", "bootstatus": "0x0"},
	})
	found := Devices(root)
	if len(found) != 2 {
		t.Fatalf("found %+v", found)
	}
	want := Status{filepath.Join(root, "dev/watchdog0"), "i6300ESB timer", true, false, cardReset, 30 * time.Second, time.Second, 2046 * time.Second}
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

func TestChoice(t *testing.T) {
	one := machine(t, map[string]map[string]string{"watchdog0": {"state": "inactive"}, "watchdog1": {"state": "inactive"}})
	none := t.TempDir()
	supervisor := &Supervisor{timeout: time.Minute}
	armed := func(path string, _ time.Duration) (*Hardware, error) {
		if strings.HasSuffix(path, "watchdog0") {
			return nil, ErrBusy
		}
		return &Hardware{}, nil
	}
	absent := func(time.Duration) (Device, error) { return nil, errors.New("no procd") }
	for _, row := range []struct {
		name string
		c    Choice
		took string // the end of it
		err  error
	}{
		{"none", Choice{Word: None, Supervisor: supervisor, Root: one}, None, nil},
		{"auto under systemd", Choice{Word: Auto, Supervisor: supervisor, Root: one}, Systemd, nil},
		{"auto under a systemd that wants no proofs", Choice{Word: Auto, Supervisor: &Supervisor{}, Root: one}, "watchdog1", nil},
		{"auto takes the one that is free", Choice{Word: Auto, Root: one}, "watchdog1", nil},
		{"auto without any", Choice{Word: Auto, Root: none}, "", nil},
		{"systemd without systemd", Choice{Word: Systemd, Root: one}, None, ErrUnsupervised},
		{"a busy device", Choice{Word: "/dev/watchdog0", Root: one}, None, ErrBusy},
		{"a free device", Choice{Word: "/dev/watchdog1", Root: one}, "/dev/watchdog1", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.c.Arm, row.c.Procd = armed, absent
			_, took, err := row.c.Open()
			if !errors.Is(err, row.err) || err == nil && !strings.HasSuffix(took, row.took) {
				t.Errorf("took %q, %v", took, err)
			}
		})
	}
	c := Choice{Word: Auto, Arm: armed, Procd: func(time.Duration) (Device, error) { return &Supervisor{}, nil }, Root: one}
	if _, took, err := c.Open(); took != Procd || err != nil {
		t.Errorf("auto under procd took %q, %v", took, err)
	}
}

// TestSoftdog is for a machine that has one: it is armed, fed, read back and disarmed.
func TestSoftdog(t *testing.T) {
	for _, s := range Devices("/") {
		if s.Identity != "Software Watchdog" || s.NoWayOut || s.Running {
			continue
		}
		h, err := Arm(s.Path, 30*time.Second)
		if err != nil {
			t.Skip(err)
		}
		if h.Timeout() != 30*time.Second {
			t.Errorf("its timeout is %v", h.Timeout())
		}
		if err := h.Feed(); err != nil {
			t.Error(err)
		}
		if !StatusOf("/", s.Path).Running {
			t.Error("it does not run")
		}
		if err := h.Disarm(); err != nil {
			t.Error(err)
		}
		if StatusOf("/", s.Path).Running {
			t.Error("it still runs")
		}
		return
	}
	t.Skip("this kernel has no softdog that could be used (modprobe softdog)")
}
