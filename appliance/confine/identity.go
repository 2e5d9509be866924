package confine

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// An Identity is a user of the machine with its groups.
type Identity struct {
	Name     string
	UID, GID int
	groups   []int
}

// Lookup returns the user with a name, or with a number.
func Lookup(name string) (Identity, error) {
	u, err := user.Lookup(name)
	if err != nil {
		if _, number := strconv.Atoi(name); number == nil {
			u, err = user.LookupId(name)
		}
	}
	if err != nil {
		return Identity{}, fmt.Errorf("user %q is not known on this machine", name)
	}
	id := Identity{Name: u.Username}
	var uidErr, gidErr error
	id.UID, uidErr = strconv.Atoi(u.Uid)
	id.GID, gidErr = strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return Identity{}, err
	}
	id.groups = []int{id.GID}
	others, _ := u.GroupIds() // those that cannot be read give no rights
	for _, text := range others {
		if gid, err := strconv.Atoi(text); err == nil && gid != id.GID && gid != 0 {
			id.groups = append(id.groups, gid)
		}
	}
	return id, nil
}

// Become makes this process that user, in all of its threads and permanently. It does nothing if it
// already is that user; otherwise it requires root.
func Become(id Identity) error {
	if id.UID == os.Geteuid() && id.UID == os.Getuid() {
		return nil
	}
	if _, _, saved := unix.Getresuid(); os.Geteuid() != 0 && saved == 0 { // after Effective
		if err := syscall.Setresuid(-1, 0, -1); err != nil {
			return os.NewSyscallError("setresuid", err)
		}
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can become the user %s: start this as root or as %s", id.Name, id.Name)
	}
	if err := syscall.Setgroups(id.groups); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setresgid(id.GID, id.GID, id.GID); err != nil {
		return os.NewSyscallError("setresgid", err)
	}
	if err := syscall.Setresuid(id.UID, id.UID, id.UID); err != nil {
		return os.NewSyscallError("setresuid", err)
	}
	if id.UID != 0 && syscall.Setuid(0) == nil {
		return fmt.Errorf("the user %s can become root again", id.Name)
	}
	return nil
}
