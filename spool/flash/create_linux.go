package flash

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// fill is how many zero bytes are written at once when a slot is made.
const fill = 256 << 10

// zeros are those bytes, and a page to align them in. They are a variable because a first start
// makes many slots one after the other, and a buffer for each would make the heap grow until it is
// collected. The program file does not contain them, and nothing writes to them: the kernel gives
// all their pages as its one page of zeros.
var zeros [fill + Page]byte

// Create makes a slot file; name and size are durable when it returns. An existing file is never
// touched: the error is os.ErrExist.
//
// It reaches the device in this order: fallocate, pwrite of size zero bytes, fsync, rename, fsync
// of the folder; in Append mode without the first two. Calls for one name must not be concurrent.
func (d *Dir) Create(name string, size int64) (File, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if d.Mode() == Recycle && (size <= 0 || size%Page != 0) {
		return nil, fmt.Errorf("flash: a slot of %d bytes is not whole pages", size)
	}
	if err := d.writable("create", name); err != nil {
		return nil, err
	}
	if d.folder.exists(name) {
		return nil, &os.PathError{Op: "create", Path: d.folder.path(name), Err: os.ErrExist}
	}
	if err := d.make(name, size); err != nil {
		d.folder.remove(name + half)
		return nil, err
	}
	err := d.publish(name)
	if err == nil {
		var f File
		if f, err = d.Open(name); err == nil {
			return f, nil
		}
	}
	d.folder.remove(name)
	return nil, err
}

// make makes <name>.tmp, whole and flushed.
func (d *Dir) make(name string, size int64) error {
	made, err := d.begin(name, unix.O_RDWR)
	if err != nil {
		return err
	}
	defer made.Close()
	if d.Mode() == Append {
		return made.Sync()
	}
	f, err := d.folder.openFile(name+half, true)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.zero(size); err != nil {
		return err
	}
	return made.Sync()
}

// zero gives the file its size and its blocks permanently. fallocate only places the blocks side by
// side and finds out early that they do not fit; the zeros are what makes a later write an
// overwrite that needs no entry in the journal.
func (f *file) zero(size int64) error {
	err := control(f.writer, "fallocate", func(fd int) error { return unix.Fallocate(fd, 0, 0, size) })
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	whole := align(zeros[:], fill)
	for at := int64(0); at < size; at += fill {
		if _, err := f.WriteAt(whole[:min(fill, size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

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
