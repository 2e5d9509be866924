package statedir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"pillarbox/appliance/confine"
)

// HandOver gives the state directory to the service user, with all that its owner made in it. The
// directory itself comes last: until then the next start does it again. Nothing is given away but
// regular files with one name and directories of that owner, and no link is followed: the owner may
// have put anything there.
func HandOver(state string, id *confine.Identity) error {
	if id == nil || os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.OpenFile(state, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer dir.Close()
	_, owner, err := ownerOf(dir)
	if err != nil || int(owner.Uid) == id.UID {
		return err
	}
	if !ofState(dir) {
		return fmt.Errorf("%s holds files that are not those of a state directory, and does not belong to %s: set state to another directory, or give it away by hand (chown -R)", state, id.Name)
	}
	if err := giveAway(dir, owner.Uid, id); err != nil {
		return fmt.Errorf("giving the state directory to %s: %w", id.Name, err)
	}
	return nil
}

// ofState reports whether a directory is empty, or has what every state directory has after its
// first start.
func ofState(dir *os.File) bool {
	found, err := dir.ReadDir(-1)
	if _, back := dir.Seek(0, io.SeekStart); err != nil || back != nil {
		return false
	}
	empty := true
	for _, f := range found {
		switch f.Name() {
		case AccountsFile, SecretFile:
			if f.Type().IsRegular() {
				return true
			}
		case SpoolFolder:
			if _, err := os.Lstat(filepath.Join(dir.Name(), SpoolFolder, "LOCK")); f.IsDir() && err == nil {
				return true
			}
		}
		empty = empty && f.Name() == "lost+found"
	}
	return empty
}

// giveAway gives what a directory holds to a user, and then the directory.
func giveAway(dir *os.File, from uint32, to *confine.Identity) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := giveEntry(dir, name, from, to); err != nil {
			return err
		}
	}
	return dir.Chown(to.UID, to.GID)
}

// giveEntry gives away one name of an open directory. What another one than its owner made, or what
// could be another name of a file elsewhere, is left alone.
func giveEntry(dir *os.File, name string, from uint32, to *confine.Identity) error {
	const path = 0x200000 // O_PATH: a name is looked at, and nothing is opened
	path1 := filepath.Join(dir.Name(), name)
	fd, err := syscall.Openat(int(dir.Fd()), name, path|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return gone(&fs.PathError{Op: "open", Path: path1, Err: err})
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: path1, Err: err}
	}
	switch kind := st.Mode & syscall.S_IFMT; {
	case st.Uid != from:
		return nil
	case kind == syscall.S_IFDIR:
		below, err := syscall.Openat(int(dir.Fd()), name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
		if err != nil {
			return gone(&fs.PathError{Op: "open", Path: path1, Err: err})
		}
		sub := os.NewFile(uintptr(below), path1)
		defer sub.Close()
		if _, now, err := ownerOf(sub); err != nil || now.Ino != st.Ino || now.Dev != st.Dev {
			return err
		}
		return giveAway(sub, from, to)
	case kind != syscall.S_IFREG || st.Nlink != 1:
		return nil
	}
	const empty = 0x1000 // AT_EMPTY_PATH: the file that is open, whatever has its name now
	if err := syscall.Fchownat(fd, "", to.UID, to.GID, empty); err != nil {
		return &fs.PathError{Op: "chown", Path: path1, Err: err}
	}
	return nil
}

// gone drops the error of a name that is not there any more.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
