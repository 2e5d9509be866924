package flash

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// small is the most bytes that a small file may have.
const small = 1 << 20

// Load reads a small file whole; more than 1 MiB is an error, os.ErrNotExist means none.
func (d *Dir) Load(name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	f, err := d.folder.open(name, unix.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, small+1))
	if err == nil && len(data) > small {
		err = fmt.Errorf("flash: %s is larger than %d bytes", f.Name(), small)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Store replaces a small file, of 1 MiB at most. It reaches the device in this order: write of
// <name>.tmp, fsync, rename, fsync of the folder. Calls for one name must not be concurrent.
//
// After an error of the last step the content is the old or the new one, as after a power cut.
func (d *Dir) Store(name string, data []byte) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if len(data) > small {
		return fmt.Errorf("flash: %d bytes are too many for the small file %s", len(data), name)
	}
	if err := d.writable("store", name); err != nil {
		return err
	}
	if err := d.draft(name, data); err != nil {
		d.folder.remove(name + half)
		return err
	}
	return d.publish(name)
}

// draft makes <name>.tmp with data in it, flushed.
func (d *Dir) draft(name string, data []byte) error {
	f, err := d.begin(name, unix.O_WRONLY)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
