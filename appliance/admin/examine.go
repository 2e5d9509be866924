package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
	"pillarbox/spool/flash"
)

// An Examination is what Examine has found.
type Examination struct {
	Warnings []string
	Checked  []string // in a word or two
	Skipped  []string // what could not be checked, with the reason
}

func (e *Examination) warnf(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// Examine is Check and more: what the configuration names on this machine. The error is one that
// would stop a start. It changes nothing and opens no port.
func Examine(c *config.Config) (*Examination, error) {
	e := &Examination{Checked: []string{"syntax", "keys", "values"}}
	if c.Service.User != "" {
		if _, err := confine.Lookup(c.Service.User); err != nil {
			return nil, c.Locate("service.user", err)
		}
		e.Checked = append(e.Checked, "service.user")
	}
	warnings, aliases, err := Check(c)
	if err != nil {
		return nil, err
	}
	e.Warnings = append(e.Warnings, warnings...)
	if c.TLS.Cert != "" {
		e.Checked = append(e.Checked, "TLS files")
	}
	if err := e.stateOf(c); err != nil {
		return nil, err
	}
	e.ports(c)
	if aliases {
		e.Checked = append(e.Checked, "aliases")
	} else {
		e.Skipped = append(e.Skipped, "aliases: "+statedir.NoAccess(c.State, fs.ErrPermission).Error())
	}
	return e, nil
}

// stateOf examines the file system of the state directory, and the size of the slots in it.
func (e *Examination) stateOf(c *config.Config) error {
	err := statedir.AsOwner(c.State, func(state string) error {
		dir := existing(state)
		volume, err := flash.Open(dir, flash.Options{ReadOnly: true})
		if err != nil {
			return err
		}
		p := volume.Profile()
		if err := volume.Close(); err != nil {
			return err
		}
		if p.Volatile && !c.Spool.Volatile {
			return c.Locate("state", fmt.Errorf("mail in %s would not last: %s; set another directory, or spool.volatile = true if mail may be lost",
				c.State, strings.Join(p.Warnings, "; ")))
		}
		e.Checked = append(e.Checked, "state directory")
		slot, err := SlotOf(filepath.Join(state, statedir.SpoolFolder))
		if err != nil {
			return statedir.UnlessMissing(err)
		}
		e.Checked = append(e.Checked, "spool.slot")
		if c.Spool.Slot != 0 && int64(c.Spool.Slot) != slot {
			e.warnf("spool.slot: the spool has slots of %v, which cannot be changed; %v has no effect", config.Size(slot), c.Spool.Slot)
		}
		return nil
	})
	if errors.Is(err, fs.ErrPermission) {
		e.Skipped = append(e.Skipped, "state directory: "+statedir.NoAccess(c.State, err).Error())
		return nil
	}
	return err
}

// existing returns the directory, or the nearest one above it that exists, without links.
func existing(dir string) string {
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return real
		}
		above := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || above == dir {
			return dir
		}
		dir = above
	}
}

// mostFormat is how many octets of a FORMAT file are read; it has some 70.
const mostFormat = 4 << 10

// SlotOf reads the size of a slot from the FORMAT file of a spool.
func SlotOf(spool string) (int64, error) {
	text, err := durable.Read(filepath.Join(spool, "FORMAT"), mostFormat)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if number, found := strings.CutPrefix(strings.TrimSpace(line), "slot "); found {
			return strconv.ParseInt(number, 10, 64)
		}
	}
	return 0, fs.ErrNotExist
}

// ports examines whether other programs have the ports. A running server has opened them, and
// reports those that are off.
func (e *Examination) ports(c *config.Config) {
	u, err := AskSetup(c)
	if err != nil && errors.Is(err, fs.ErrPermission) {
		e.Skipped = append(e.Skipped, "ports: "+err.Error())
		return
	}
	if err != nil {
		u = SetupOf(c)
		u.Listeners = listen.Configured(c, listen.Ports{})
	}
	for _, l := range u.Listeners {
		switch {
		case u.Running && l.Off != "":
			e.warnf("%s: %s is off: %s", l.Key, l.Address, l.Off)
		case !u.Running && l.Port != 0:
			switch err := listen.TryBind(l.Address); {
			case errors.Is(err, syscall.EADDRINUSE):
				e.warnf("%s: another program uses %s; the listener will be off", l.Key, l.Address)
			case errors.Is(err, syscall.EADDRNOTAVAIL):
				e.warnf("%s: %s is no address of this machine", l.Key, l.Address)
			}
		}
	}
	e.Checked = append(e.Checked, "ports")
}
