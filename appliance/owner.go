package appliance

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"pillarbox/spool/flash"
)

// An owned volume gives what it makes to the owner of the state folder, so that the service can use what root made.
type owned struct {
	flash.Volume
	dir      string
	uid, gid int
}

// giveToOwner gives the folder of a volume to the owner of the state folder, with all that is made in it from now on. For who owns
// it anyway it does nothing.
func giveToOwner(volume flash.Volume, state string) (flash.Volume, error) {
	info, err := os.Stat(state)
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || stat.Uid == 0 {
		return volume, nil
	}
	o := &owned{volume, filepath.Join(state, spoolFolder), int(stat.Uid), int(stat.Gid)}
	found, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if err := o.give(f.Name()); err != nil {
			return nil, err
		}
	}
	return o, o.give(".")
}

func (o *owned) give(name string) error {
	if err := os.Lchown(filepath.Join(o.dir, name), o.uid, o.gid); err != nil {
		return fmt.Errorf("giving the spool to the owner of the state folder: %w", err)
	}
	return nil
}

// Create makes a slot and gives it away.
func (o *owned) Create(name string, size int64) (flash.File, error) {
	f, err := o.Volume.Create(name, size)
	if err != nil {
		return nil, err
	}
	if err := o.give(name); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Store replaces a small file and gives it away.
func (o *owned) Store(name string, data []byte) error {
	if err := o.Volume.Store(name, data); err != nil {
		return err
	}
	return o.give(name)
}
