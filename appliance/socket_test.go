package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// TestControlSocket: it is there while the box runs, for its owner alone, whatever a crash has left.
func TestControlSocket(t *testing.T) {
	for name, folder := range map[string]string{
		"short": "state",
		"long":  strings.Repeat("long/", 30) + "state",
	} {
		t.Run(name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), folder)
			family(t, state, "anna")
			c := settings(state)
			b := start(t, c, Options{})
			b.await("ready", 1)
			info, err := os.Stat(filepath.Join(state, controlSocket))
			if err != nil || info.Mode() != fs.ModeSocket|0o600 {
				t.Fatalf("%v, %v", info.Mode(), err)
			}
			b.deliver("smtp.listen", letter("hi\r\n"), "anna")
			client, err := Ask(t.Context(), c, false)
			if err != nil {
				t.Fatal(err)
			}
			s, err := client.Stat()
			if err != nil || s.Messages != 1 || s.Running != 1 || len(s.Accounts) != 1 {
				t.Errorf("%+v, %v", s, err)
			}
			b.stop() // with a client that does not hang up
			if _, err := client.Stat(); err == nil {
				t.Error("a box that was stopped answers")
			}
			client.Close()
			if _, err := os.Lstat(filepath.Join(state, controlSocket)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket is still there: %v", err)
			}
		})
	}
}

func TestStaleControlSocket(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.await("ready", 1)
	b.stop()
	leaveSocket(t, filepath.Join(state, controlSocket))
	client, err := Ask(t.Context(), c, false) // nobody listens: the files are asked
	if err != nil {
		t.Fatal(err)
	}
	if s, err := client.Stat(); err != nil || s.Running != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Ask(t.Context(), c, false); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("two at once: %v", err)
	}
	client.Close()
	start(t, c, Options{}).await("ready", 1)
	if client, err = Ask(t.Context(), c, false); err != nil {
		t.Fatal(err)
	}
	if s, err := client.Stat(); err != nil || s.Running != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	client.Close()
}

// TestNoSpoolIsMadeToBeRead: a wrong folder in the configuration is said, not filled.
func TestNoSpoolIsMadeToBeRead(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	c := settings(state)
	if _, err := Ask(t.Context(), c, false); err == nil || !strings.Contains(err.Error(), "no spool in the state folder") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// TestRootGivesAway: what root makes belongs to the service.
func TestRootGivesAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	const service = 54321
	state := t.TempDir()
	if err := os.Chown(state, service, service); err != nil {
		t.Skip(err)
	}
	volume, err := flash.Open(filepath.Join(state, spoolFolder), flash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	given, err := giveToOwner(volume, state)
	if err != nil {
		t.Fatal(err)
	}
	s, err := spool.Open(t.Context(), spool.Options{Volume: given, SlotSize: spool.MinSlotSize, Capacity: 8 * spool.MinSlotSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	seen := 0
	err = filepath.WalkDir(filepath.Join(state, spoolFolder), func(path string, _ fs.DirEntry, _ error) error {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		seen++
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != service || stat.Gid != service {
			t.Errorf("%s belongs to %d", path, stat.Uid)
		}
		return nil
	})
	if err != nil || seen < 4 { // the folder, LOCK, FORMAT, a slot
		t.Errorf("%d files, %v", seen, err)
	}
}
