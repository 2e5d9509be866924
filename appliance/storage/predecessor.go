package storage

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"pillarbox/appliance/statedir"
	"pillarbox/spool/flash"
)

// An Opening is how a volume is opened.
type Opening struct {
	flash.Options
	Waits func(holder error) // called once if another process has the spool; may be nil
}

// openVolume opens a volume, when the process that has it ends within statedir.Patience; the
// error is flash.ErrLocked if it does not. On a file system that is read-only it opens the volume
// for reading.
func openVolume(ctx context.Context, dir string, how Opening) (volume *flash.Dir, err error) {
	open := func() (err error) {
		volume, err = flash.Open(dir, how.Options)
		return err
	}
	err = open()
	if errors.Is(err, flash.ErrLocked) && !holdsItself(err) {
		if how.Waits != nil {
			how.Waits(err)
		}
		err = statedir.Patiently(ctx, time.Now().Add(statedir.Patience), flash.ErrLocked, open)
	}
	if errors.Is(err, syscall.EROFS) {
		how.ReadOnly = true
		err = open()
	}
	return volume, err
}

// holdsItself reports whether it is this process that has the spool: that does not end.
func holdsItself(err error) bool {
	var locked *flash.LockedError
	return errors.As(err, &locked) && locked.PID == os.Getpid()
}
