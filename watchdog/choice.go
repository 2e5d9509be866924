package watchdog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Words of [watchdog] device; else it is a path.
const (
	None    = "none"
	Auto    = "auto"
	Systemd = "systemd"
	Procd   = "procd"
)

// A Choice is which device feeds what.
type Choice struct {
	Word       string        // what was asked for
	Timeout    time.Duration // to ask of a device that can be asked
	Supervisor *Supervisor
	Root       string // "/" but in tests
	Arm        func(path string, timeout time.Duration) (*Hardware, error)
	Procd      func(timeout time.Duration) (Device, error)
}

// Hardware returns the status of the device of the machine that this choice may come to, without opening it; nil: none.
func (c Choice) Hardware() *Status {
	if strings.HasPrefix(c.Word, "/") {
		s := StatusOf(c.Root, c.Word)
		return &s
	}
	if c.Word == Auto && !c.Supervisor.WantsProofs() {
		if all := Devices(c.Root); len(all) > 0 {
			return &all[0]
		}
	}
	return nil
}

// Open opens the device. nil without an error: there is none, by choice or, for auto, because the machine has none. An error is no
// reason not to serve: the box goes on without a watchdog.
func (c Choice) Open() (Device, string, error) {
	switch c.Word {
	case None:
		return nil, None, nil
	case Auto:
		return c.auto()
	case Systemd:
		if !c.Supervisor.WantsProofs() {
			return nil, None, ErrUnsupervised
		}
		return c.Supervisor, Systemd, nil
	case Procd:
		device, err := c.Procd(c.Timeout)
		if err != nil {
			return nil, None, err
		}
		return device, Procd, nil
	}
	return c.arm(c.Word)
}

func (c Choice) arm(path string) (Device, string, error) {
	h, err := c.Arm(path, c.Timeout)
	if err != nil {
		return nil, None, err
	}
	return h, path, nil
}

// auto takes who supervises this program before the hardware: a restart is cheaper than a reset.
func (c Choice) auto() (Device, string, error) {
	if c.Supervisor.WantsProofs() {
		return c.Supervisor, Systemd, nil
	}
	if c.Supervisor == nil {
		if device, err := c.Procd(c.Timeout); err == nil {
			return device, Procd, nil
		}
	}
	var failed error
	for _, s := range Devices(c.Root) {
		device, name, err := c.arm(s.Path)
		if err == nil {
			return device, name, nil
		}
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return nil, None, fmt.Errorf("no watchdog of this machine can be had: %w", failed)
	}
	return nil, None, nil
}
