package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"pillarbox/appliance/durable"
	"pillarbox/appliance/transfer"
)

// A folder is an open directory of an import or export. A move of mail is made by root in
// directories of users, who can put anything there, also while it runs: files are opened relative
// to the directory, through no link, without waiting for a FIFO or a device, and what root reads in
// a directory of a user has to be that user's own.
type folder struct {
	file *os.File
	path string // for messages
	uid  uint32 // owner
}

// openFolder opens the directory that a command line names. Root follows only links of its own on
// the way.
func openFolder(path string) (*folder, error) {
	if os.Geteuid() == 0 {
		return walk(path, false)
	}
	return openAt(unix.AT_FDCWD, path, path, 0)
}

// makeFolder is openFolder for a directory that is made if it is missing, with those above it.
func makeFolder(path string) (*folder, error) {
	if os.Geteuid() == 0 {
		return walk(path, true)
	}
	if err := durable.MakeFolder(path); err != nil {
		return nil, err
	}
	return openFolder(path)
}

func openAt(at int, name, path string, flags int) (*folder, error) {
	fd, err := unix.Openat(at, name, flags|unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := &folder{file: os.NewFile(uintptr(fd), path), path: path}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	f.uid = st.Uid
	return f, nil
}

// mostLinks bounds the links on a path.
const mostLinks = 40

// walk opens a directory name by name.
func walk(path string, make bool) (*folder, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	at, err := openAt(unix.AT_FDCWD, "/", "/", unix.O_PATH)
	if err != nil {
		return nil, err
	}
	left := strings.Split(strings.Trim(whole, "/"), "/")
	for links := 0; len(left) > 0; {
		name := left[0]
		left = left[1:]
		if name == "" || name == "." {
			continue
		}
		next, err := at.enter(name, make, unix.O_PATH)
		var target string
		if errors.Is(err, errLink) {
			if target, err = at.follow(name); err == nil && links == mostLinks {
				err = &os.PathError{Op: "open", Path: path, Err: unix.ELOOP}
			}
		}
		switch {
		case err != nil:
			at.close()
			return nil, err
		case target == "":
			at.close()
			at = next
			continue
		}
		links++
		left = append(strings.Split(strings.Trim(target, "/"), "/"), left...)
		if target[0] == '/' {
			at.close()
			if at, err = openAt(unix.AT_FDCWD, "/", "/", unix.O_PATH); err != nil {
				return nil, err
			}
		}
	}
	defer at.close()
	return openAt(at.fd(), ".", path, 0)
}

// errLink is the error of a symbolic link.
var errLink = errors.New("it is a symbolic link, which is not followed")

// follow returns where a link of root leads.
func (f *folder) follow(name string) (target string, err error) {
	path := filepath.Join(f.path, name)
	fd, err := unix.Openat(f.fd(), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK || st.Uid != 0 {
		return "", &os.PathError{Op: "open", Path: path, Err: fmt.Errorf("user %d made it: %w", st.Uid, errLink)}
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil || n == 0 {
		return "", &os.PathError{Op: "readlink", Path: path, Err: err}
	}
	return string(buf[:n]), nil
}

// sub opens a directory inside, which is made if it is missing and make is true.
func (f *folder) sub(name string, make bool) (*folder, error) { return f.enter(name, make, 0) }

func (f *folder) enter(name string, make bool, flags int) (*folder, error) {
	path := filepath.Join(f.path, name)
	sub, err := openAt(f.fd(), name, path, flags|unix.O_NOFOLLOW)
	if errors.Is(err, os.ErrNotExist) && make {
		if err := unix.Mkdirat(f.fd(), name, 0o700); err != nil {
			return nil, &os.PathError{Op: "mkdir", Path: path, Err: err}
		}
		if err := f.flush(); err != nil && !errors.Is(err, os.ErrPermission) {
			return nil, err
		}
		sub, err = openAt(f.fd(), name, path, flags|unix.O_NOFOLLOW)
	}
	var st unix.Stat_t
	if err != nil && unix.Fstatat(f.fd(), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return nil, &os.PathError{Op: "open", Path: path, Err: errLink}
	}
	return sub, err
}

// open opens a file to be read. The error is a transfer.Refused if it is none that may be.
func (f *folder) open(name string) (*os.File, error) {
	path := filepath.Join(f.path, name)
	fd, err := unix.Openat(f.fd(), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == unix.ELOOP {
		return nil, transfer.Refused{Reason: errLink.Error()}
	}
	if err == unix.ENXIO { // a socket
		return nil, transfer.Refused{Reason: notRegular}
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if err := f.check(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

const notRegular = "it is not a regular file"

// check refuses an open file that root must not take for mail of the user whose directory this is.
// What lies in a directory of root was put there by root.
func (f *folder) check(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return transfer.Refused{Reason: notRegular}
	}
	if os.Geteuid() == 0 && f.uid != 0 && st.Uid != f.uid {
		return transfer.Refused{Reason: fmt.Sprintf("user %d owns it, and user %d owns the directory", st.Uid, f.uid)}
	}
	return nil
}

// create makes a file; what a failed attempt left under its name is removed, and nothing is written
// through a link.
func (f *folder) create(name string) (*os.File, error) {
	path := filepath.Join(f.path, name)
	if err := unix.Unlinkat(f.fd(), name, 0); err != nil && err != unix.ENOENT {
		return nil, &os.PathError{Op: "remove", Path: path, Err: err}
	}
	fd, err := unix.Openat(f.fd(), name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// rename moves a file to another directory.
func (f *folder) rename(name string, to *folder, as string) error {
	if err := unix.Renameat(f.fd(), name, to.fd(), as); err != nil {
		return &os.PathError{Op: "rename", Path: filepath.Join(to.path, as), Err: err}
	}
	return nil
}

// flush makes the names in a directory durable. It does nothing on a file system that cannot.
func (f *folder) flush() error {
	open, err := openAt(f.fd(), ".", f.path, 0) // f may have been opened with O_PATH
	if err != nil {
		return err
	}
	defer open.close()
	if err := open.file.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}

func (f *folder) remove(name string) error {
	if err := unix.Unlinkat(f.fd(), name, 0); err != nil {
		return &os.PathError{Op: "remove", Path: filepath.Join(f.path, name), Err: err}
	}
	return nil
}

// exists reports whether there is anything of a name.
func (f *folder) exists(name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(f.fd(), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

func (f *folder) fd() int { return int(f.file.Fd()) }

func (f *folder) close() { f.file.Close() } // nothing was written by it
