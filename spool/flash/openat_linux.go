package flash

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A folder is the open directory of a volume. Every file of the volume is reached through it, by a
// name without a slash, so that renaming or replacing the directory, or one above it, leads nowhere
// else. It follows no symbolic link, waits for no FIFO, and accepts only a regular file that the
// owner of the directory or this process owns: the directory may belong to another user than this
// process, and what that user planted in it must not reach files elsewhere.
type folder struct {
	file *os.File
	uid  uint32 // owner of the directory
}

// openFolder opens a directory that is not reached through a symbolic link of its own name.
func openFolder(path string) (*folder, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, openError(path, err)
	}
	f := &folder{file: os.NewFile(uintptr(fd), path)}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.file.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	f.uid = st.Uid
	return f, nil
}

// path returns the path of a file, for messages.
func (f *folder) path(name string) string { return filepath.Join(f.file.Name(), name) }

// open opens a file. A file that is written to must have no second name: it could belong to a copy
// of the directory that was made of links.
func (f *folder) open(name string, flags int, perm uint32) (*os.File, error) {
	fd := -1
	err := control(f.file, "open", func(at int) (err error) {
		fd, err = unix.Openat(at, name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, perm)
		return err
	})
	if err != nil {
		return nil, openError(f.path(name), err)
	}
	if err := f.check(fd, flags&unix.O_ACCMODE != unix.O_RDONLY); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: f.path(name), Err: err}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: f.path(name), Err: err}
	}
	return os.NewFile(uintptr(fd), f.path(name)), nil
}

// check returns an error for what is not a file of the volume.
func (f *folder) check(fd int, written bool) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("%w: it is not a regular file", ErrForeign)
	case st.Uid != f.uid && st.Uid != uint32(os.Geteuid()):
		return fmt.Errorf("%w: user %d owns it, and user %d owns the directory; change its owner with chown if it belongs there", ErrForeign, st.Uid, f.uid)
	case written && st.Nlink > 1:
		return fmt.Errorf("%w: it has %d names (hard links), so that writing to it would change a file elsewhere; replace it by a copy of itself", ErrForeign, st.Nlink)
	}
	return nil
}

// openError makes an error of a path; a symbolic link is named as such.
func openError(path string, err error) error {
	var inner *os.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) && isLink(path) {
		err = fmt.Errorf("%w: it is a symbolic link", ErrForeign)
	}
	return &os.PathError{Op: "open", Path: path, Err: err}
}

// isLink reports whether a path is a symbolic link; open(2) returns ENOTDIR for one where a
// directory is wanted.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == os.ModeSymlink
}

// list returns what is in the directory, sorted by name.
func (f *folder) list() ([]os.DirEntry, error) {
	fd := -1
	err := control(f.file, "open", func(at int) (err error) {
		fd, err = unix.Openat(at, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	again := os.NewFile(uintptr(fd), f.file.Name())
	defer again.Close()
	found, err := again.ReadDir(-1)
	slices.SortFunc(found, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return found, err
}

// exists reports whether anything has the name, a symbolic link included.
func (f *folder) exists(name string) bool {
	var st unix.Stat_t
	return control(f.file, "stat", func(at int) error { return unix.Fstatat(at, name, &st, unix.AT_SYMLINK_NOFOLLOW) }) == nil
}

// remove removes a name.
func (f *folder) remove(name string) error {
	err := control(f.file, "remove", func(at int) error { return unix.Unlinkat(at, name, 0) })
	return renamed(err, f.path(name))
}

// rename gives a file another name, which replaces what had it.
func (f *folder) rename(from, to string) error {
	err := control(f.file, "rename", func(at int) error { return unix.Renameat(at, from, at, to) })
	return renamed(err, f.path(to))
}

// renamed puts the path of the file into an error of control, which names the directory.
func renamed(err error, path string) error {
	var inner *os.PathError
	if errors.As(err, &inner) {
		inner.Path = path
	}
	return err
}

func datasync(f *os.File) error { return control(f, "fdatasync", unix.Fdatasync) }

// control makes a system call on the descriptor of f, again when a signal interrupts it.
func control(f *os.File, op string, call func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	closed := raw.Control(func(fd uintptr) {
		err = again(func() error { return call(int(fd)) })
	})
	if closed != nil {
		err = os.ErrClosed // the only possible reason
	}
	if err != nil {
		return &os.PathError{Op: op, Path: f.Name(), Err: err}
	}
	return nil
}

// again repeats a system call that a signal interrupted.
func again(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
