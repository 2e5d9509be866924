package device

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestChoice(t *testing.T) {
	free := map[string]string{"state": "inactive"}
	two := machine(t, map[string]map[string]string{"watchdog0": free, "watchdog1": free})
	none := t.TempDir()
	enabled, disabled := &Supervisor{timeout: time.Minute}, &Supervisor{}
	fake := drivers{
		arm: func(path string, _ time.Duration) (Watchdog, error) {
			if strings.HasSuffix(path, "watchdog0") {
				return nil, ErrBusy
			}
			return &Hardware{}, nil
		},
		procd: func(string, time.Duration) (Watchdog, error) { return nil, ErrNoProcd },
	}
	for _, row := range []struct {
		name string
		c    Choice
		want string // the end of the name
		err  error
	}{
		{"none", Choice{Device: None, Supervisor: enabled, Root: two}, None, nil},
		{"auto under systemd", Choice{Device: Auto, Supervisor: enabled, Root: two}, Systemd, nil},
		{"auto under systemd without WatchdogSec", Choice{Device: Auto, Supervisor: disabled, Root: two},
			"watchdog1", nil},
		{"auto takes the one that is free", Choice{Device: Auto, Root: two}, "watchdog1", nil},
		{"auto without any", Choice{Device: Auto, Root: none}, "", nil},
		{"systemd without systemd", Choice{Device: Systemd, Root: two}, None, ErrUnsupervised},
		{"procd without procd", Choice{Device: Procd, Root: two}, None, ErrNoProcd},
		{"a busy device", Choice{Device: "/dev/watchdog0", Root: two}, None, ErrBusy},
		{"a free device", Choice{Device: "/dev/watchdog1", Root: two}, "/dev/watchdog1", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, name, err := row.c.open(fake)
			if !errors.Is(err, row.err) || err == nil && !strings.HasSuffix(name, row.want) {
				t.Errorf("open = %q, %v; want %q, %v", name, err, row.want, row.err)
			}
			if fed := err == nil && name != None; (w != nil) != fed {
				t.Errorf("the watchdog is %v with the name %q and the error %v", w, name, err)
			}
		})
	}
	fake.procd = func(string, time.Duration) (Watchdog, error) { return &ProcdTimer{}, nil }
	for _, device := range []string{Auto, Procd} {
		if _, name, err := (Choice{Device: device, Root: two}).open(fake); name != Procd || err != nil {
			t.Errorf("%s under procd is %q, %v", device, name, err)
		}
	}
}

// TestNoTypedNil: if the watchdog cannot be opened, Open returns a nil interface, not a nil pointer
// in one.
func TestNoTypedNil(t *testing.T) {
	for _, device := range []string{Procd, t.TempDir() + "/watchdog0"} {
		w, _, err := Choice{Device: device, Root: t.TempDir(), Timeout: time.Minute}.Open()
		if w != nil || err == nil {
			t.Errorf("%s: Open = %v, %v", device, w, err)
		}
	}
}
