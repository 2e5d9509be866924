package confine

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"runtime"
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

// Root opens directories that belong to other users, which can contain links and FIFOs that those
// users put there. Two functions give up root's rights for as long as such a directory is touched:
// Effective for all threads, until Become does it permanently; As for one thread, for the length of
// a call, so that one process can work as several users.

// Owner returns the identity of a user by number, with the group gid if the machine has no entry
// for that user. A group 0 is dropped: it would still open what belongs to the group of root.
func Owner(uid, gid int) Identity {
	if id, err := Lookup(fmt.Sprint(uid)); err == nil && id.UID == uid {
		return id
	}
	if gid == 0 {
		gid = uid
	}
	return Identity{Name: fmt.Sprint(uid), UID: uid, GID: gid, groups: []int{gid}}
}

// Current returns the identity of the calling thread.
func Current() (Identity, error) {
	groups, err := unix.Getgroups()
	if err != nil {
		return Identity{}, os.NewSyscallError("getgroups", err)
	}
	return Identity{Name: fmt.Sprint(unix.Geteuid()), UID: unix.Geteuid(), GID: unix.Getegid(), groups: groups}, nil
}

// Effective makes all threads act as a user, until Become. It returns the identity before, with
// which As can still do what only root may.
func Effective(id Identity) (before Identity, err error) {
	if before, err = Current(); err != nil {
		return before, err
	}
	if err := syscall.Setgroups(id.groups); err != nil {
		return before, os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setresgid(-1, id.GID, -1); err != nil {
		return before, os.NewSyscallError("setresgid", err)
	}
	return before, os.NewSyscallError("setresuid", syscall.Setresuid(-1, id.UID, -1))
}

// As calls do with the rights of another user. This requires root, or a process that was root
// before Effective. It returns the error of do. Only the thread of the calling goroutine changes:
// do must open all files itself, and not in another goroutine.
func As(id Identity, do func() error) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := Current()
	if err != nil {
		return err
	}
	if before.UID == id.UID && before.GID == id.GID {
		return do()
	}
	if err := setid(sysSetresuid, 0, "setresuid"); err != nil {
		return fmt.Errorf("acting as the user %s: %w", id.Name, err)
	}
	defer func() {
		if back := become(before); back != nil {
			panic(back) // the thread must not continue as another user than the process
		}
	}()
	if err := become(id); err != nil {
		return fmt.Errorf("acting as the user %s: %w", id.Name, err)
	}
	return do()
}

// become changes the effective ids of this thread, by way of root.
func become(id Identity) error {
	if err := setid(sysSetresuid, 0, "setresuid"); err != nil {
		return err
	}
	if err := unix.Setgroups(id.groups); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := setid(sysSetresgid, id.GID, "setresgid"); err != nil {
		return err
	}
	return setid(sysSetresuid, id.UID, "setresuid")
}

// setid changes only the effective id.
func setid(call uintptr, id int, name string) error {
	const same = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(call, same, uintptr(id), same); errno != 0 {
		return os.NewSyscallError(name, errno)
	}
	return nil
}
