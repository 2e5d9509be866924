package statedir

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"pillarbox/appliance/confine"
)

// AsOwner calls do with the rights of the owner of a state directory, where this process is root
// and the directory belongs to another user: what that user put there, links to files of root for
// example, must not be followed with the rights of root. do is called with the path under which the
// owner Reaches the directory, and opens its files itself, not in a goroutine that it starts. A
// directory that is missing has no owner yet.
func AsOwner(state string, do func(state string) error) error {
	if os.Geteuid() != 0 {
		return do(state)
	}
	dir, err := os.OpenFile(state, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return do(state) // which says what is wrong with it
	}
	defer dir.Close()
	owner, found, err := ownerOf(dir)
	if err != nil {
		return err
	}
	if found.Uid == 0 {
		return do(state)
	}
	return confine.As(owner, func() error {
		var reached syscall.Stat_t
		if err := syscall.Stat(state, &reached); err == nil && reached.Ino == found.Ino && reached.Dev == found.Dev {
			return do(state)
		}
		// A folder above is closed to the owner, as /root and those of container volumes are: root
		// has the directory open.
		path := fmt.Sprintf("/proc/self/fd/%d", dir.Fd())
		if err := do(path); err != nil {
			return &otherName{err, path, state}
		}
		return nil
	})
}

// ownerOf returns the user that owns an open directory.
func ownerOf(dir *os.File) (confine.Identity, *syscall.Stat_t, error) {
	info, err := dir.Stat()
	if err != nil {
		return confine.Identity{}, nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return confine.Identity{}, nil, fmt.Errorf("the owner of %s is not known", dir.Name())
	}
	return confine.Owner(int(stat.Uid), int(stat.Gid)), stat, nil
}

// An otherName is an error that shows a path under its usual name.
type otherName struct {
	err         error
	path, usual string
}

func (e *otherName) Error() string { return strings.ReplaceAll(e.err.Error(), e.path, e.usual) }
func (e *otherName) Unwrap() error { return e.err }
