package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
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

// An accessError is fs.ErrPermission with the state directory and what to do.
type accessError struct {
	state string
	root  bool // the caller was root
}

// Error names the owner to a root that may not read everything: that of a container without
// capabilities.
func (e accessError) Error() string {
	if e.root {
		return fmt.Sprintf("no access to the state directory %s, because this root lacks the right to pass over file modes; run this as the owner of the directory (for a container without --user)", e.state)
	}
	return fmt.Sprintf("no access to the state directory %s; run this with sudo", e.state)
}

func (e accessError) Unwrap() error { return fs.ErrPermission }

// NoAccess replaces an error about rights with an accessError.
func NoAccess(state string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return accessError{state, os.Geteuid() == 0}
	}
	return err
}

// Served refuses a state directory of the user's own that no server has used. Accounts that a
// command made there would be Served by no server: the one of the system has another state
// directory.
func Served(c *config.Config) error {
	if !c.PersonalState() || config.Served(c.State) {
		return nil
	}
	return fmt.Errorf("no server has run with the state directory %s: for the server of the system run this with sudo; for one of your own run pillarbox serve first", c.State)
}

// Unserved reports whether no server has run with the state directory yet.
func Unserved(c *config.Config) (none bool) {
	err := AsOwner(c.State, func(state string) error {
		none = !config.Served(state)
		return nil
	})
	return none && err == nil
}

// ownersAdvice returns to whom a state directory belongs, which user this process is, and what to
// do: to change the one or the other. It is for directories that are mounted into a container, too,
// where the user sees neither.
func ownersAdvice(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return "run this as its owner"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "run this as its owner"
	}
	uid, gid := os.Geteuid(), os.Getegid()
	advice := fmt.Sprintf("it belongs to %d:%d (mode %04o), and this process is %d:%d: give it to this user (chown -R %d:%d %s; for a container the folder that is mounted there)",
		stat.Uid, stat.Gid, info.Mode().Perm(), uid, gid, uid, gid, dir)
	if stat.Uid == 0 { // or the user of podman without root, who has this number inside
		return advice + "; podman without root does it for a folder that is mounted with :U"
	}
	return advice + fmt.Sprintf(`, or run as its owner (for a container user: "%d:%d" in compose.yaml, or --user %d:%d)`, stat.Uid, stat.Gid, stat.Uid, stat.Gid)
}
