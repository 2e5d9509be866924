package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/statedir"
)

// commandsOn are what commands call, each with a configuration.
var commandsOn = map[string]func(t *testing.T, c *config.Config) error{
	"user list": func(_ *testing.T, c *config.Config) error { _, err := admin.LoadAccounts(c); return err },
	"user add": func(_ *testing.T, c *config.Config) error {
		return admin.EditAccounts(c, func(table *accounts.Table) (*accounts.Table, error) { return table.Add("otto", "a long password") })
	},
	"spool import": func(t *testing.T, c *config.Config) error {
		client, err := admin.Ask(t.Context(), c, true)
		if err == nil {
			client.Close()
		}
		return err
	},
	"health": func(_ *testing.T, c *config.Config) error { _, err := admin.AskHealth(c, time.Second); return err },
}

// TestWithoutRights: a command of a user without rights says so, names the state directory, and
// changes nothing.
func TestWithoutRights(t *testing.T) {
	c := settings(filepath.Join(t.TempDir(), "state"))
	family(t, c.State, "anna")
	as := func(do func() error) error { return do() }
	if os.Geteuid() == 0 {
		stranger := confine.Identity{Name: "stranger", UID: noUser, GID: noUser}
		as = func(do func() error) error { return confine.As(stranger, do) }
	} else {
		if err := os.Chmod(c.State, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(c.State, 0o700) })
	}
	for name, run := range commandsOn {
		if name == "spool import" { // opens the files in a goroutine of its own
			continue
		}
		err := as(func() error { return run(t, c) })
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "no access to the state directory "+c.State) ||
			!strings.Contains(err.Error(), "sudo") || strings.Contains(err.Error(), "not run") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoSecondState: where no server has run, no command makes a state directory of the user's own.
func TestNoSecondState(t *testing.T) {
	home := t.TempDir()
	env := config.Environment{Hostname: "nas", UID: noUser, Root: home, Getenv: func(name string) string {
		return map[string]string{"HOME": home}[name]
	}}
	c, err := config.Find("", env)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range commandsOn {
		err := run(t, c)
		if name == "health" {
			if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "the server does not run") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "no server has run with the state directory "+c.State) || !strings.Contains(err.Error(), "sudo") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, err := os.ReadDir(home); err != nil || len(found) > 0 {
		t.Errorf("the home directory has %v, %v", found, err)
	}
	// A server of the user's own makes it.
	if err := os.MkdirAll(filepath.Join(c.State, statedir.SpoolFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := commandsOn["user add"](t, c); err != nil {
		t.Error(err)
	}
}

// TestRefusedReloadIsReported: a command that changes the accounts reports what the running server
// refused.
func TestRefusedReloadIsReported(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	bad := errors.New("box.toml:3: unknown key")
	start(t, c, Options{Reread: func() (*config.Config, error) { return nil, bad }})
	err := admin.EditAccounts(c, func(table *accounts.Table) (*accounts.Table, error) {
		return table.SetPassword("anna", "another password")
	})
	var refused *admin.RefusedReload
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), bad.Error()) {
		t.Errorf("EditAccounts: %v", err)
	}
}

// TestHealthWithoutServer: a socket that a killed server left is not a server.
func TestHealthWithoutServer(t *testing.T) {
	c := settings(t.TempDir())
	l, err := admin.Listen(c.State)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := admin.AskHealth(c, time.Second); !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "the server does not run") {
		t.Errorf("AskHealth: %v", err)
	}
}
