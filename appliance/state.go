package appliance

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"pillarbox/appliance/durable"
)

// The names in the state folder.
const (
	accountsFile   = "accounts"
	secretFile     = "secret"
	certsFolder    = "certs"
	spoolFolder    = "spool"
	clockFile      = "clock"
	recordFile     = "watchdog"
	firstLoginFile = "first-login"
	controlSocket  = "control"
)

// openState makes the state folder if it is missing, for its owner only.
func openState(dir string) error {
	err := durable.MakeFolder(dir)
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: the state folder cannot be made by this user; make it, or set state in the configuration to a folder of its own", err)
	case err != nil:
		return fmt.Errorf("the state folder: %w", err)
	}
	if err := syscall.Access(dir, 7); err != nil { // read, write, search
		return fmt.Errorf("the state folder %s cannot be written: %w; run this as its owner", dir, err)
	}
	return nil
}

// usedBytes returns what the files in a folder occupy; 0 when it is not there.
func usedBytes(dir string) int64 {
	var sum int64
	found, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, f := range found {
		if info, err := f.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += stat.Blocks * 512 // stat(2): in units of 512 bytes
			}
		}
	}
	return sum
}
