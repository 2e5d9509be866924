package admin

import (
	"fmt"
	"path/filepath"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

// What the commands of the program do beside a server that may be running: they share its files,
// and a lock where they write.

// LoadAccounts reads the accounts; without a file there are none.
func LoadAccounts(c *config.Config) (table *accounts.Table, err error) {
	if err := statedir.Served(c); err != nil {
		return nil, err
	}
	err = statedir.AsOwner(c.State, func(state string) (err error) {
		table, err = statedir.LoadAccounts(state)
		return err
	})
	return table, err
}

// EditAccounts changes the accounts file, durably. When it returns nil, a server that runs has put
// the change in force; one that cannot be reached, or that is starting, does so by itself a moment
// later. The error is a *RefusedReload when the file is changed but the server refused a part of
// the reload.
func EditAccounts(c *config.Config, change func(*accounts.Table) (*accounts.Table, error)) error {
	if err := statedir.Served(c); err != nil {
		return err
	}
	err := statedir.AsOwner(c.State, func(state string) error {
		if err := statedir.Open(state); err != nil {
			return err
		}
		_, err := accounts.Edit(filepath.Join(state, statedir.AccountsFile), change)
		return err
	})
	if err != nil {
		return statedir.NoAccess(c.State, err)
	}
	server, err := dialControl(c.State)
	if err != nil {
		return nil // it watches its files
	}
	defer server.Close()
	if err := server.Reload(); err != nil {
		return &RefusedReload{err}
	}
	return nil
}

// A RefusedReload is what a running server reported when a command had it read its files again.
type RefusedReload struct{ Err error }

func (r *RefusedReload) Error() string {
	return fmt.Sprintf("the change is stored, but the running server reported on its reload: %v", r.Err)
}

func (r *RefusedReload) Unwrap() error { return r.Err }
