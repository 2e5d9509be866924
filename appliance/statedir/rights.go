package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"pillarbox/appliance/config"
)

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
