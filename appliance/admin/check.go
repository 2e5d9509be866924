package admin

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/statedir"
)

// TLSError returns the error of loading a certificate with the line of the key of the configuration
// that names the file.
func TLSError(c *config.Config, err error) error {
	file, key := c.TLS.Cert, "tls.cert"
	var path *fs.PathError
	missing := errors.As(err, &path)
	if missing && path.Path == c.TLS.Key || !missing && strings.Contains(err.Error(), "private key") {
		file, key = c.TLS.Key, "tls.key"
	}
	switch {
	case missing:
		err = fmt.Errorf("%s: %w", file, path.Err)
	case !strings.Contains(err.Error(), file):
		err = fmt.Errorf("%s: %w", file, err)
	}
	return c.Locate(key, err)
}

// Check checks what a valid configuration names: the files of a certificate, which have to be
// there, and aliases without a mailbox, which are allowed but look like a mistake. aliases is false
// if they were not checked, because this user may not read the accounts. Check changes nothing.
func Check(c *config.Config) (warnings []string, aliases bool, err error) {
	if c.TLS.Cert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key); err != nil {
			return nil, false, TLSError(c, err)
		}
	}
	warnings = append(CheckNames(c), checkRemotes(c)...)
	var table *accounts.Table
	err = statedir.AsOwner(c.State, func(state string) (err error) {
		table, err = accounts.Load(filepath.Join(state, statedir.AccountsFile))
		return err
	})
	switch {
	case errors.Is(err, os.ErrNotExist):
		return warnings, true, nil // before the first start no alias has a mailbox
	case errors.Is(err, os.ErrPermission):
		return warnings, false, nil
	case err != nil:
		return nil, false, err
	}
	for _, name := range accounts.NewRouting(table, c.Hostname, c.Domains, c.Aliases).Dangling() {
		warnings = append(warnings, fmt.Sprintf("aliases: %q is no account and no alias; mail for it is refused", name))
	}
	for _, name := range mailbox.Unknown(c, table) {
		warnings = append(warnings, fmt.Sprintf("retention.accounts: %q is not an account; its settings have no effect", name))
	}
	return warnings, true, nil
}
