package statedir

import (
	"fmt"
	"os"

	"go.uber.org/zap"

	"pillarbox/appliance/confine"
)

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
