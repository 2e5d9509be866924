package device

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Values of watchdog.device in the configuration that are not paths.
const (
	None    = "none"
	Auto    = "auto"
	Systemd = "systemd"
	Procd   = "procd"
)

// A Choice is what the configuration says of the watchdog, and what there is to choose from.
type Choice struct {
	Device     string        // one of the values above, or a path
	Timeout    time.Duration // to set, where the watchdog lets it be set
	Supervisor *Supervisor   // nil if systemd did not start this process
	Root       string        // "/", but a temporary directory in tests
}

// Hardware returns the status of the device of the kernel that Open may arm, or nil if it will arm
// none. It does not open the device.
func (c Choice) Hardware() *Status {
	if strings.HasPrefix(c.Device, "/") {
		s := StatusOf(c.Root, c.Device)
		return &s
	}
	if c.Device == Auto && !c.Supervisor.WatchdogEnabled() {
		if all := Devices(c.Root); len(all) > 0 {
			return &all[0]
		}
	}
	return nil
}

// Open arms the watchdog and returns it with its name for the log. The watchdog is nil without an
// error if the configuration says none, or says auto and the machine has none. After an error the
// server runs without a watchdog.
func (c Choice) Open() (Watchdog, string, error) {
	return c.open(drivers{
		arm:   func(path string, t time.Duration) (Watchdog, error) { return Arm(path, t) },
		procd: func(root string, t time.Duration) (Watchdog, error) { return DialProcd(root, t) },
	})
}

// drivers open the watchdogs that are not open yet. Tests have their own. With an error the
// Watchdog may be a nil pointer, so it is not used.
type drivers struct {
	arm   func(path string, timeout time.Duration) (Watchdog, error)
	procd func(root string, timeout time.Duration) (Watchdog, error)
}

func (c Choice) open(d drivers) (w Watchdog, name string, err error) {
	switch name = c.Device; name {
	case None:
		return nil, None, nil
	case Auto:
		return c.auto(d)
	case Systemd:
		if !c.Supervisor.WatchdogEnabled() {
			return nil, None, ErrUnsupervised
		}
		return c.Supervisor, name, nil
	case Procd:
		w, err = d.procd(c.Root, c.Timeout)
	default:
		w, err = d.arm(c.Device, c.Timeout)
	}
	if err != nil {
		return nil, None, err
	}
	return w, name, nil
}

// auto prefers a supervisor to the hardware, because a restart costs less than a reset.
func (c Choice) auto(d drivers) (Watchdog, string, error) {
	var failed error
	if c.Supervisor.WatchdogEnabled() {
		return c.Supervisor, Systemd, nil
	}
	if c.Supervisor == nil {
		p, err := d.procd(c.Root, c.Timeout)
		if err == nil {
			return p, Procd, nil
		}
		if !errors.Is(err, ErrNoProcd) { // procd runs, and refused the call
			failed = err
		}
	}
	for _, s := range Devices(c.Root) {
		h, err := d.arm(s.Path, c.Timeout)
		if err == nil {
			return h, s.Path, nil
		}
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return nil, None, fmt.Errorf("no watchdog of this machine can be used: %w", failed)
	}
	return nil, None, nil
}
