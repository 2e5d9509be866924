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
	path    string
	folder  *os.File // for fsync
	lock    *os.File
	profile Profile
}

// Open opens the volume in the folder dir, which is made (0700, durable) when it is missing,
// and locks it for this process: the error is ErrLocked while another one has it. Files
// that a crash left half made are removed. It may flush once, to try direct writes.
func Open(dir string, opt Options) (*Dir, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	d := &Dir{path: dir}
	if err := d.open(opt); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Dir) open(opt Options) (err error) {
	if d.folder, err = os.Open(d.path); err != nil {
		return err
	}
	if d.lock, err = os.OpenFile(d.at(lockName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	err = control(d.lock, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return err
	}
	if err := d.sweep(); err != nil {
		return err
	}
	d.profile, err = profile(d.lock, opt)
	return err
}

// Profile tells what Open found.
func (d *Dir) Profile() Profile { return d.profile }

// Mode returns how slots live here.
func (d *Dir) Mode() Mode { return d.profile.Mode }

// Names returns the names of the files in the folder, sorted.
func (d *Dir) Names() ([]string, error) {
	found, err := os.ReadDir(d.path)
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
	return os.Remove(d.at(name))
}

// Free returns how many bytes an ordinary user may still write.
func (d *Dir) Free() (int64, error) {
	var st unix.Statfs_t
	if err := control(d.folder, "statfs", func(fd int) error { return unix.Fstatfs(fd, &st) }); err != nil {
		return 0, err
	}
	unit := int64(st.Frsize)
	if unit == 0 {
		unit = int64(st.Bsize)
	}
	return int64(st.Bavail) * unit, nil
}

// Close gives the lock back. Files that are still open stay usable.
func (d *Dir) Close() error {
	var err error
	for _, f := range []*os.File{d.folder, d.lock} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// sweep removes what a crash left half made.
func (d *Dir) sweep() error {
	found, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Type().IsRegular() && strings.HasSuffix(f.Name(), half) {
			if err := os.Remove(d.at(f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish gives the whole file <name>.tmp its name, for good: rename, fsync folder.
func (d *Dir) publish(name string) error {
	if err := os.Rename(d.at(name+half), d.at(name)); err != nil {
		os.Remove(d.at(name + half))
		return err
	}
	return d.folder.Sync()
}

// at returns the path of a file of the volume.
func (d *Dir) at(name string) string { return filepath.Join(d.path, name) }

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
