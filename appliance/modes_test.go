package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/confine"
	"pillarbox/appliance/statedir"
)

// TestOpenModesAreTightened: only the owner can add an account to a running server, and its log
// says that others could.
func TestOpenModesAreTightened(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	path := filepath.Join(state, statedir.AccountsFile)
	if err := errors.Join(os.Chmod(state, 0o777), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	b := start(t, settings(state), Options{})
	for name, want := range map[string]fs.FileMode{state: 0o755, path: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	for _, said := range []string{"other users could write to the state directory", "other users could read or write the accounts file"} {
		if b.log.FilterMessageSnippet(said).Len() != 1 {
			t.Errorf("%q is not said", said)
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after a reload: %v, %v", info.Mode(), err)
	}
	b.login("pop3.listen", "anna").must("QUIT")
}

// TestOpenModesOfAnotherAreRefused: what this user cannot tighten is refused, with what to do.
func TestOpenModesOfAnotherAreRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	b := start(t, settings(t.TempDir()), Options{})
	folder, err := os.MkdirTemp("", "modes-") // t.TempDir lies in a folder that lets nobody else in
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		mode     fs.FileMode
		uid, gid int
		refused  bool
	}{
		{0o755, 0, 0, false},
		{0o777, 0, 0, true},
		{0o777 | fs.ModeSticky, 0, 0, true},
		{0o775, 0, 0, true},
		{0o775, 0, noUser, false}, // root gave it to the group of the server
		{0o775, noUser + 1, noUser, true},
		{0o777, 0, noUser, true},
		{0o700, noUser, noUser, false},
	} {
		if err := errors.Join(os.Chown(folder, row.uid, row.gid), os.Chmod(folder, row.mode)); err != nil {
			t.Skip(err)
		}
		err := confine.As(confine.Owner(noUser, noUser), func() error { return statedir.Tighten(folder, b.Appliance.log) })
		if (err != nil) != row.refused || err != nil && !strings.Contains(err.Error(), "chown -R 54321:54321 "+folder) {
			t.Errorf("%+v: %v", row, err)
		}
	}
	path := filepath.Join(folder, statedir.AccountsFile)
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o666), os.Chmod(folder, 0o755), os.Chown(folder, 0, 0)); err != nil {
		t.Fatal(err)
	}
	err = confine.As(confine.Owner(noUser, noUser), func() error {
		_, err := statedir.ReadAccounts(path, b.Appliance.log)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "others can write the accounts file") {
		t.Errorf("an accounts file that all can write: %v", err)
	}
}

// TestLMTPSocketMode: the socket has its mode from the moment it is there, whatever the umask,
// which stays.
func TestLMTPSocketMode(t *testing.T) {
	before := syscall.Umask(0o077)
	defer syscall.Umask(before)
	state := t.TempDir()
	path := filepath.Join(t.TempDir(), "lmtp")
	c := settings(state)
	c.SMTP.ListenLMTP = []string{"unix:" + path}
	start(t, c, Options{})
	if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeSocket|0o666 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if got := syscall.Umask(0o077); got != 0o077 {
		t.Errorf("the umask is %o", got)
	}
}
