package appliance

import (
	"errors"
	"io"
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
	"pillarbox/appliance/transfer"
	"pillarbox/spool/flash"
)

// noUser is a user that no machine has.
const noUser = 54321

// planted makes a state directory with a message in it, gives it to the stranger, and returns its
// configuration.
func planted(t *testing.T) *config.Config {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root opens directories of other users")
	}
	c := settings(filepath.Join(t.TempDir(), "state")) // in a directory that is closed to the stranger
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter("kept\r\n"), "anna")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	give(t, c.State)
	return c
}

// give gives a directory to the stranger.
func give(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, noUser, noUser))
	})
	if err != nil {
		t.Skip(err) // a container without the right to do it
	}
}

// treasure makes a file of root outside, and returns its name and a check that it is what it was.
func treasure(t *testing.T, content string) (path string, same func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "treasure")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil || string(text) != content {
			t.Errorf("the file of root holds %.40q, %v", text, err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(path, &st); err != nil || st.Uid != 0 || st.Mode&0o777 != 0o600 {
			t.Errorf("it belongs to user %d, mode %o, %v", st.Uid, st.Mode, err)
		}
	}
}

// link puts a symbolic link of the stranger in the place of a name.
func link(t *testing.T, to, name string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(name), os.Symlink(to, name), os.Lchown(name, noUser, noUser)); err != nil {
		t.Fatal(err)
	}
}

// commands are what root calls on a state directory.
var commands = map[string]func(t *testing.T, c *config.Config) error{
	"stat": func(t *testing.T, c *config.Config) error {
		return asking(admin.Ask(t.Context(), c, false))
	},
	"import": func(t *testing.T, c *config.Config) error {
		return asking(admin.Ask(t.Context(), c, true))
	},
	"other": func(t *testing.T, c *config.Config) error {
		return asking(admin.AskOther(t.Context(), c.State))
	},
	"list": func(_ *testing.T, c *config.Config) error {
		_, err := admin.LoadAccounts(c)
		return err
	},
	"add": func(_ *testing.T, c *config.Config) error {
		return admin.EditAccounts(c, func(t *accounts.Table) (*accounts.Table, error) {
			if t, err := t.Remove("otto"); err == nil {
				return t, nil
			}
			return t.Add("otto", "a long password")
		})
	},
	"check": func(_ *testing.T, c *config.Config) error {
		_, _, err := admin.Check(c)
		return err
	},
}

// asking asks once.
func asking(client *admin.Client, err error) error {
	if err != nil {
		return err
	}
	_, err = client.Stat()
	return errors.Join(err, client.Close())
}

// TestRootActsAsOwner: root uses the state directory of another user as that user, who owns
// afterwards what was made; also where root alone may enter the folders above.
func TestRootActsAsOwner(t *testing.T) {
	c := planted(t)
	if err := os.RemoveAll(filepath.Join(c.State, statedir.SpoolFolder)); err != nil {
		t.Fatal(err)
	}
	client, err := admin.Ask(t.Context(), c, true)
	if err != nil {
		t.Fatal(err)
	}
	open := func() (transfer.Origin, io.ReadCloser, error) {
		return transfer.Origin{Received: time.Unix(1, 0)}, io.NopCloser(strings.NewReader("Subject: x\n\ny\n")), nil
	}
	letters := func(yield func(transfer.Message, error) bool) { yield(transfer.Message{Name: "one", Open: open}, nil) }
	if out, err := client.Import("anna", letters, func(admin.Outcome) {}); err != nil || out.Kept != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	for name, do := range commands {
		if err := do(t, c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if os.Geteuid() != 0 {
			t.Fatalf("%s: this process is user %d now", name, os.Geteuid())
		}
	}
	seen := 0
	filepath.WalkDir(c.State, func(path string, _ fs.DirEntry, err error) error {
		var st syscall.Stat_t
		if err := errors.Join(err, syscall.Lstat(path, &st)); err != nil || st.Uid != noUser {
			t.Errorf("%s belongs to user %d, %v", path, st.Uid, err)
		}
		seen++
		return nil
	})
	if seen < 10 {
		t.Errorf("%d files: nothing was looked at", seen)
	}
}

// TestRootFollowsNoLink: whatever the owner of a state directory put in the place of a name, no
// file of root is read, written or given away by a command, and none hangs.
func TestRootFollowsNoLink(t *testing.T) {
	c := planted(t)
	spoolOf := func(name string) string { return filepath.Join(c.State, statedir.SpoolFolder, name) }
	for name, plant := range map[string]func(to string){
		"LOCK":          func(to string) { link(t, to, spoolOf("LOCK")) },
		"FORMAT":        func(to string) { link(t, to, spoolOf("FORMAT")) },
		"a slot":        func(to string) { link(t, to, spoolOf("00000")) },
		"a new slot":    func(to string) { link(t, to, spoolOf("00009.tmp")) },
		"accounts":      func(to string) { link(t, to, filepath.Join(c.State, statedir.AccountsFile)) },
		"new accounts":  func(to string) { link(t, to, filepath.Join(c.State, statedir.AccountsFile+".new")) },
		"the control":   func(to string) { link(t, to, filepath.Join(c.State, statedir.ControlSocket)) },
		"LOCK, by name": func(to string) { os.Remove(spoolOf("LOCK")); os.Link(to, spoolOf("LOCK")) },
		"LOCK, a FIFO": func(string) {
			os.Remove(spoolOf("LOCK"))
			if err := syscall.Mkfifo(spoolOf("LOCK"), 0o666); err != nil {
				t.Fatal(err)
			}
			os.Chown(spoolOf("LOCK"), noUser, noUser)
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := c.State
			c.State = filepath.Join(t.TempDir(), "state")
			defer func() { c.State = before }()
			copyTree(t, before, c.State)
			give(t, c.State)
			to, same := treasure(t, "anna:not an account\n")
			plant(to)
			for command, do := range commands {
				do(t, c) // most fail
				same()
				if os.Geteuid() != 0 {
					t.Fatalf("%s: this process is user %d now", command, os.Geteuid())
				}
			}
		})
	}
	t.Run("the spool", func(t *testing.T) {
		dir := t.TempDir()
		to := filepath.Join(dir, "keep.tmp")
		if err := errors.Join(os.WriteFile(to, []byte("x"), 0o600), os.WriteFile(filepath.Join(dir, "passwd"), []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
		link(t, dir, filepath.Join(c.State, statedir.SpoolFolder))
		for command, do := range commands {
			do(t, c)
			found, err := os.ReadDir(dir)
			if err != nil || len(found) != 2 {
				t.Fatalf("%s: the folder of root holds %v, %v", command, found, err)
			}
			for _, f := range found {
				var st syscall.Stat_t
				if err := syscall.Lstat(filepath.Join(dir, f.Name()), &st); err != nil || st.Uid != 0 {
					t.Fatalf("%s: %s belongs to user %d, %v", command, f.Name(), st.Uid, err)
				}
			}
		}
	})
}

// TestOtherBoxIsOnlyRead: the state directory of another server is the same after an import from
// it.
func TestOtherBoxIsOnlyRead(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen", letter("kept\r\n"), "anna")
	b.stop()
	if err := errors.Join(os.Remove(filepath.Join(state, statedir.SpoolFolder, "LOCK")), os.WriteFile(filepath.Join(state, statedir.SpoolFolder, "half.tmp"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(filepath.Join(state, statedir.SpoolFolder))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	before, _ := held.Stat()
	client, err := admin.AskOther(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if st, err := client.Stat(); err != nil || st.Messages != 1 || st.ReadOnly != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	after, _ := held.Stat()
	if !before.ModTime().Equal(after.ModTime()) {
		t.Error("something was made or removed in it")
	}
	if _, err := admin.AskOther(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no spool") {
		t.Errorf("without a spool: %v", err)
	}
}

// TestHandOverFollowsNoLink: the state directory of another user is given to the service user, and
// nothing beside it.
func TestHandOverFollowsNoLink(t *testing.T) {
	c := planted(t)
	to, same := treasure(t, "of root")
	link(t, to, filepath.Join(c.State, "link"))
	if err := errors.Join(os.Link(to, filepath.Join(c.State, "hard")), os.WriteFile(filepath.Join(c.State, "of-root"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	service := confine.Owner(noUser+1, noUser+1)
	if err := statedir.HandOver(c.State, &service); err != nil {
		t.Fatal(err)
	}
	same()
	for name, want := range map[string]uint32{"": noUser + 1, statedir.SpoolFolder: noUser + 1, statedir.SpoolFolder + "/LOCK": noUser + 1, statedir.CertsFolder + "/ca.key": noUser + 1, "link": noUser, "of-root": 0} {
		var st syscall.Stat_t
		if err := syscall.Lstat(filepath.Join(c.State, name), &st); err != nil || st.Uid != want {
			t.Errorf("%q belongs to user %d, want %d; %v", name, st.Uid, want, err)
		}
	}
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "passwd"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := statedir.HandOver(elsewhere, &service); err == nil || !strings.Contains(err.Error(), "chown -R") {
		t.Errorf("a directory that is no state directory: %v", err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(elsewhere, &st); err != nil || st.Uid != 0 {
		t.Errorf("it belongs to user %d: %v", st.Uid, err)
	}
}

// copyTree copies a directory of regular files.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		t.Fatal(err)
	}
}

// TestLockedByItself: what this process itself holds is not waited for, and the process is named.
func TestLockedByItself(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	volume, err := flash.Open(filepath.Join(state, statedir.SpoolFolder), flash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer volume.Close()
	if _, err := admin.Ask(t.Context(), settings(state), false); err == nil || !strings.Contains(err.Error(), "is in use by process") {
		t.Errorf("got %v", err)
	}
}
