package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/secret"
	provider "pillarbox/appliance/remote/session"
	"pillarbox/appliance/statedir"
)

// WithRemotes returns a configuration with the remote accounts that remote add has set up. Those of
// the file come first. trouble is called for each that cannot be used.
func WithRemotes(c *config.Config, trouble func(name string, err error)) *config.Config {
	with := c
	err := statedir.AsOwner(c.State, func(state string) error {
		names, err := secret.Names(state)
		for _, name := range names {
			kept, err := secret.Load(state, name)
			if err == nil && len(kept.Settings) > 0 {
				var more *config.Config
				if more, err = with.WithRemote(name, kept.Settings); err == nil {
					with = more
				}
			}
			if err != nil {
				trouble(name, err)
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		trouble(secret.Folder, err)
	}
	return with
}

// AddRemote sets up a remote account by lines of TOML: it logs in at the provider, and keeps
// settings and password only if that worked. It returns how many messages there are.
func AddRemote(ctx context.Context, c *config.Config, name string, settings []string, password string) (messages int, err error) {
	c = WithRemotes(c, func(string, error) {})
	if _, exists := c.Remote[name]; exists {
		return 0, fmt.Errorf("%s is a remote account already: pillarbox remote login %s changes its password", name, name)
	}
	with, err := c.WithRemote(name, settings)
	if err != nil {
		return 0, err
	}
	return keepRemote(ctx, with, name, &secret.Secret{Password: password, Settings: settings}, passwordOf(with, name, password))
}

// LoginRemote gives a remote account a password: it logs in at the provider, and keeps the password
// only if that worked. It returns how many messages there are. A server that runs uses the password
// from then on; the error is a *RefusedReload if it refused a part of the reload.
func LoginRemote(ctx context.Context, c *config.Config, name, password string) (messages int, err error) {
	c = WithRemotes(c, func(string, error) {})
	if _, ok := c.Remote[name]; !ok {
		return 0, noRemote(name)
	}
	settings, err := settingsOf(c, name)
	if err != nil {
		return 0, err
	}
	return keepRemote(ctx, c, name, &secret.Secret{Password: password, Settings: settings}, passwordOf(c, name, password))
}

// settingsOf returns what remote add has set.
func settingsOf(c *config.Config, name string) (settings []string, err error) {
	err = statedir.AsOwner(c.State, func(state string) error {
		kept, err := secret.Load(state, name)
		if err == nil {
			settings = kept.Settings
		}
		return nil // a file that cannot be read is written again
	})
	return settings, err
}

func passwordOf(c *config.Config, name, password string) provider.Login {
	return provider.Login{User: c.Remote[name].User, Secret: password}
}

// keepRemote logs in, and then keeps what the login is made of.
func keepRemote(ctx context.Context, c *config.Config, name string, kept *secret.Secret, login provider.Login) (messages int, err error) {
	r := c.Remote[name]
	if err := statedir.Served(c); err != nil {
		return 0, err
	}
	if r.Fetch != config.FetchNone {
		account := &remote.Account{Name: name, Remote: r, Login: login}
		if messages, err = tryRemote(ctx, account); err != nil {
			return 0, fmt.Errorf("%s: %w; nothing was changed", r.Incoming, err)
		}
	}
	kept.Incoming, kept.Outgoing, kept.Pin = r.Incoming, r.Outgoing, r.Pin
	err = statedir.AsOwner(c.State, func(state string) error {
		if err := statedir.Open(state); err != nil {
			return err
		}
		return secret.Save(state, name, kept)
	})
	if err != nil {
		return 0, statedir.NoAccess(c.State, err)
	}
	return messages, reloadRunning(c)
}

// tryRemote logs in at a provider and counts the messages.
func tryRemote(ctx context.Context, account *remote.Account) (messages int, err error) {
	program, err := child.OpenProgram()
	if err != nil {
		return 0, err
	}
	defer program.Close()
	one, err := program.Start(ctx)
	if err != nil {
		return 0, err
	}
	defer one.Wait()
	if err := one.Open(account.Target()); err != nil {
		return 0, err
	}
	if err := one.List(func(provider.Message) error { messages++; return nil }); err != nil {
		return 0, err
	}
	return messages, one.Close()
}

// RemoveRemote erases the secret of a remote account. Its mail and the ids of it stay.
func RemoveRemote(c *config.Config, name string) error {
	err := statedir.AsOwner(c.State, func(state string) error { return secret.Remove(state, name) })
	if errors.Is(err, secret.ErrName) {
		return noRemote(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, ok := c.Remote[name]; ok {
			return fmt.Errorf("%s has no password here; delete [remote.%s] in the configuration to remove it", name, name)
		}
		return noRemote(name)
	}
	if err != nil {
		return statedir.NoAccess(c.State, err)
	}
	return reloadRunning(c)
}

// noRemote is the error for a name that no remote account has.
func noRemote(name string) error {
	return fmt.Errorf("%q is no remote account; pillarbox remote list shows them", name)
}

// RemoteNeeds returns what a server that runs needs from a person before it collects a remote
// account; "" for nothing, and if none runs.
func RemoteNeeds(c *config.Config, name string) string {
	server, err := dialControl(c.State)
	if err != nil {
		return ""
	}
	defer server.Close()
	list, err := server.Remotes()
	if err != nil {
		return ""
	}
	for _, st := range list {
		if st.Name == name && st.Asks {
			return st.Why
		}
	}
	return ""
}

// reloadRunning has a running server read its files again.
func reloadRunning(c *config.Config) error {
	server, err := dialControl(c.State)
	if err != nil {
		return nil // none runs
	}
	defer server.Close()
	if err := server.Reload(); err != nil {
		return &RefusedReload{err}
	}
	return nil
}
