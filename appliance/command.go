package appliance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
)

// What the commands of the program ask of a box that may be running at the same time: they share its
// files with it, and a lock where they write.

// LoadAccounts reads the accounts; without a file there are none.
func LoadAccounts(c *config.Config) (*accounts.Table, error) {
	path := filepath.Join(c.State, accountsFile)
	table, err := accounts.Load(path)
	if errors.Is(err, os.ErrNotExist) {
		return accounts.Parse(path, nil)
	}
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w; run this as root or as the owner of the state folder", err)
	}
	return table, err
}

// EditAccounts changes the accounts file, durably. When it returns, a box that runs has taken the change up; one that cannot be
// asked, or is just starting, does so by itself, a moment later.
func EditAccounts(c *config.Config, change func(*accounts.Table) (*accounts.Table, error)) error {
	if err := openState(c.State); err != nil {
		return err
	}
	if _, err := accounts.Edit(filepath.Join(c.State, accountsFile), change); err != nil {
		return err
	}
	if box, err := dialControl(c.State); err == nil {
		box.Reload() // an error changes nothing: it looks after its files
		box.Close()
	}
	return nil
}

// AddressOf returns the mail address of an account.
func AddressOf(c *config.Config, name string) string {
	if len(c.Domains) > 0 {
		return name + "@" + c.Domains[0]
	}
	return name + "@" + c.Hostname
}

// Check looks at what a valid configuration names: files that have to be there, and aliases that lead to
// nobody, which is allowed but looks like a mistake. It changes nothing.
func Check(c *config.Config) (warnings []string, err error) {
	if c.TLS.Cert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key); err != nil {
			return nil, fmt.Errorf("tls.cert and tls.key: %w", err)
		}
	}
	table, err := accounts.Load(filepath.Join(c.State, accountsFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil // before the first start every alias leads to nobody
	case errors.Is(err, os.ErrPermission):
		return []string{"the accounts could not be read by this user, so the aliases were not compared with them"}, nil
	case err != nil:
		return nil, err
	}
	for _, name := range accounts.NewRouting(table, c.Hostname, c.Domains, c.Aliases).Dangling() {
		warnings = append(warnings, fmt.Sprintf("aliases: %q is no account and no alias; mail for it is refused", name))
	}
	for _, name := range strangers(c, table) {
		warnings = append(warnings, fmt.Sprintf("retention.accounts: %q is no account; what is written for it holds for nobody", name))
	}
	return warnings, nil
}
