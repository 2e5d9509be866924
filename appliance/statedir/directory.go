package statedir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/durable"
)

// Open makes the state folder if it is missing, for its owner only.
func Open(dir string) error {
	err := durable.MakeFolder(dir)
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: the state folder cannot be made by this user; make it, or set state in the configuration to a folder of its own", err)
	case err != nil:
		return fmt.Errorf("the state folder: %w", err)
	}
	if err := Reaches(dir); err != nil {
		return fmt.Errorf("the state directory %s cannot be written: %w; %s", dir, err, ownersAdvice(dir))
	}
	return nil
}

// UnlessReadOnly drops the error of a write on a file system that only takes reads: what is there
// is Served without it.
func UnlessReadOnly(err error) error {
	if errors.Is(err, syscall.EROFS) {
		return nil
	}
	return err
}

// Tighten takes from others the right to write into the state directory: they could add an
// account. It is refused if this process cannot, because the directory belongs to another user,
// unless that is root and the right is that of a group of this process.
func Tighten(state string, log *zap.Logger) error {
	dir, err := os.Open(state)
	if err != nil {
		return err
	}
	defer dir.Close()
	info, err := dir.Stat()
	if err != nil {
		return err
	}
	const others = 0o022
	stat, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case !ok || mode&others == 0:
	case int(stat.Uid) == os.Geteuid():
		err := dir.Chmod(info.Mode() &^ others)
		log.Warn("other users could write to the state directory: its permissions were corrected; check for accounts that you did not add", zap.String("directory", state), zap.Stringer("permissions", mode), zap.Error(err))
	case stat.Uid == 0 && mode&0o002 == 0 && ownGroup(int(stat.Gid)):
	default:
		return fmt.Errorf("others can write into the state directory %s, which this process cannot change, because another user owns it: %s", state, ownersAdvice(state))
	}
	return nil
}

// ownGroup reports whether this process is in a group.
func ownGroup(gid int) bool {
	groups, err := os.Getgroups()
	return gid == os.Getegid() || err == nil && slices.Contains(groups, gid)
}

// ReadAccounts reads the accounts file, and takes it from others, as Tighten does with the
// directory.
func ReadAccounts(path string, log *zap.Logger) (*accounts.Table, error) {
	f, err := durable.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode().Perm(); {
	case !ok || mode&0o077 == 0:
	case int(stat.Uid) == os.Geteuid():
		err := f.Chmod(0o600)
		log.Warn("other users could read or write the accounts file: its permissions were corrected; check for accounts that you did not add", zap.String("file", path), zap.Stringer("permissions", mode), zap.Error(err))
	case mode&0o022 != 0:
		return nil, fmt.Errorf("others can write the accounts file %s (mode %v), and user %d owns it: give it to user %d alone (chown, chmod 600)", path, mode, stat.Uid, os.Geteuid())
	default:
		log.Warn("other users can read the accounts file: run chmod 600 on it", zap.String("file", path), zap.Stringer("permissions", mode))
	}
	return accounts.Load(path)
}

// LoadAccounts reads the accounts in a state directory; without a file there are none.
func LoadAccounts(state string) (*accounts.Table, error) {
	path := filepath.Join(state, AccountsFile)
	table, err := accounts.Load(path)
	if errors.Is(err, os.ErrNotExist) {
		return accounts.Parse(path, nil)
	}
	return table, NoAccess(state, err)
}

// UnlessMissing drops the error of a file that does not exist.
func UnlessMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// With returns a configuration with another state directory.
func With(c *config.Config, state string) *config.Config {
	copied := *c
	copied.State = state
	return &copied
}

// Reaches tests whether the effective user may list, write and search a directory.
func Reaches(dir string) error {
	const cwd, effective = -100, 0x200 // AT_FDCWD, AT_EACCESS
	err := syscall.Faccessat(cwd, dir, 7, effective)
	if errors.Is(err, syscall.EROFS) {
		return nil // then it is read
	}
	return err
}

// Rights are those of a server that acts as the owner of its state directory. A nil *Rights is a
// server that acts as it was started.
type Rights struct {
	root *confine.Identity // nil once the rights of root are given up
}

// Take makes the state directory if it is missing, gives it to the service user, and makes this
// process act as that user, or as the owner of the directory, before anything in it is touched. It
// returns that user as become; nil if the process stays who it is. mayBecome is false for a process
// that may not change its user.
func Take(state string, service *confine.Identity, mayBecome bool, log *zap.Logger) (rights *Rights, become *confine.Identity, err error) {
	if err := Open(state); err != nil {
		return nil, nil, err
	}
	if os.Geteuid() != 0 {
		return nil, service, Tighten(state, log)
	}
	if err := HandOver(state, service); err != nil {
		return nil, nil, err
	}
	if become = service; become == nil {
		owner, root, err := ownerOfFolder(state)
		if err != nil {
			return nil, nil, err
		}
		if root {
			return nil, nil, Tighten(state, log)
		}
		become = owner
	}
	if !mayBecome {
		return nil, nil, fmt.Errorf("the state directory %s belongs to %s, and this process may not become that user", state, become.Name)
	}
	before, err := confine.Effective(*become)
	if err != nil {
		return nil, nil, fmt.Errorf("acting as %s, which owns the state directory %s: %w; start this as %s", become.Name, state, err, become.Name)
	}
	rights = &Rights{&before}
	if err := Reaches(state); err != nil {
		return rights, nil, fmt.Errorf("the state directory %s cannot be reached by %s: %w; make the directories above it open to all (chmod o+x), or set state to another one", state, become.Name, err)
	}
	return rights, become, Tighten(state, log)
}

// ownerOfFolder returns the owner of a directory, and whether that is root.
func ownerOfFolder(folder string) (owner *confine.Identity, root bool, err error) {
	dir, err := os.Open(folder)
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	found, stat, err := ownerOf(dir)
	if err != nil {
		return nil, false, err
	}
	return &found, stat.Uid == 0, nil
}

// AsRoot calls do with the rights that this process was started with: for ports, the watchdog, and
// files of the user.
func (r *Rights) AsRoot(do func() error) error {
	if r == nil || r.root == nil {
		return do()
	}
	return confine.As(*r.root, do)
}

// GivenUp notes that the process has given up the rights of root.
func (r *Rights) GivenUp() {
	if r != nil {
		r.root = nil
	}
}
