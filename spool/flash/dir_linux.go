package flash

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A Dir is a Volume on a folder of a real file system. Different names may be used
// from several goroutines.
type Dir struct {
	folder  *folder
	lock    *os.File // nil in a read-only volume
	profile Profile
}

// Open opens the volume in the folder dir, which it makes (0700, durable) if it is missing, and
// locks it for this process. If another process has it, the error is a LockedError, which is
// ErrLocked. Files that a crash left half made are removed. It may flush once, to try direct
// writes.
//
// With Options.ReadOnly it makes, locks, tries and removes nothing. Another process may then be
// writing, and what is read may be incomplete.
func Open(dir string, opt Options) (*Dir, error) {
	if !opt.ReadOnly {
		if err := makeFolder(dir); err != nil {
			return nil, err
		}
	}
	d := &Dir{}
	if err := d.open(dir, opt); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Dir) open(dir string, opt Options) (err error) {
	if d.folder, err = openFolder(dir); err != nil {
		return err
	}
	if opt.ReadOnly {
		d.profile, err = d.folder.survey(opt)
		return err
	}
	if d.lock, err = d.folder.open(lockName, unix.O_CREAT|unix.O_RDWR, 0o600); err != nil {
		return err
	}
	err = control(d.lock, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return holderOf(d.lock)
	}
	if err != nil {
		return err
	}
	if err := d.sweep(); err != nil {
		return err
	}
	d.profile, err = d.folder.profile(d.lock, opt)
	return err
}

// Profile returns what Open found.
func (d *Dir) Profile() Profile { return d.profile }

// Mode returns how slots live here.
func (d *Dir) Mode() Mode { return d.profile.Mode }

// Names returns the names of the files in the folder, sorted.
func (d *Dir) Names() ([]string, error) {
	found, err := d.folder.list()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range found {
		if f.Type().IsRegular() && CheckName(f.Name()) == nil {
			names = append(names, f.Name())
		}
	}
	return names, nil
}

// Remove removes a file. It flushes nothing.
func (d *Dir) Remove(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := d.writable("remove", name); err != nil {
		return err
	}
	return d.folder.remove(name)
}

// writable returns an error for an operation that would change a read-only volume.
func (d *Dir) writable(op, name string) error {
	if d.profile.ReadOnly {
		return &os.PathError{Op: op, Path: d.folder.path(name), Err: unix.EROFS}
	}
	return nil
}

// Free returns how many bytes an ordinary user may still write.
func (d *Dir) Free() (int64, error) {
	var st unix.Statfs_t
	if err := control(d.folder.file, "statfs", func(fd int) error { return unix.Fstatfs(fd, &st) }); err != nil {
		return 0, err
	}
	unit := int64(st.Frsize)
	if unit == 0 {
		unit = int64(st.Bsize)
	}
	return int64(st.Bavail) * unit, nil
}

// Close releases the lock. Files that are still open stay usable.
func (d *Dir) Close() error {
	var err error
	if d.folder != nil {
		err = d.folder.file.Close()
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// sweep removes what a crash left half made.
func (d *Dir) sweep() error {
	found, err := d.folder.list()
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Type().IsRegular() && strings.HasSuffix(f.Name(), half) {
			if err := d.folder.remove(f.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish gives the complete file <name>.tmp its permanent name: rename, fsync of the folder.
func (d *Dir) publish(name string) error {
	if err := d.folder.rename(name+half, name); err != nil {
		d.folder.remove(name + half)
		return err
	}
	return d.folder.file.Sync()
}

// begin makes <name>.tmp, which a failed attempt may have left.
func (d *Dir) begin(name string, flags int) (*os.File, error) {
	if err := d.folder.remove(name + half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return d.folder.open(name+half, flags|unix.O_CREAT|unix.O_EXCL, 0o600)
}

// makeFolder makes dir and the folders above it that are missing, and flushes the folder
// that got a new name, so that a power cut cannot take the volume with all that is in it.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	f, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Open opens an existing slot file.
func (d *Dir) Open(name string) (File, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if d.profile.ReadOnly {
		reader, err := d.folder.open(name, unix.O_RDONLY, 0)
		if err != nil {
			return nil, err
		}
		return &file{reader: reader}, nil
	}
	f, err := d.folder.openFile(name, d.Mode() == Recycle)
	if err != nil {
		return nil, err
	}
	return f, nil
}
