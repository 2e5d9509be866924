package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/statedir"
)

// TestControlSocket: it is there while the box runs, for its owner alone, whatever a crash has
// left.
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
			info, err := os.Stat(filepath.Join(state, statedir.ControlSocket))
			if err != nil || info.Mode() != fs.ModeSocket|0o600 {
				t.Fatalf("%v, %v", info.Mode(), err)
			}
			b.deliver("smtp.listen", letter("hi\r\n"), "anna")
			client := b.ask()
			s, err := client.Stat()
			if err != nil || s.Messages != 1 || s.Running != 1 || len(s.Accounts) != 1 {
				t.Errorf("%+v, %v", s, err)
			}
			b.stop() // with a client that does not hang up
			if _, err := client.Stat(); err == nil {
				t.Error("a box that was stopped answers")
			}
			client.Close()
			if _, err := os.Lstat(filepath.Join(state, statedir.ControlSocket)); !errors.Is(err, os.ErrNotExist) {
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
	leaveSocket(t, filepath.Join(state, statedir.ControlSocket))
	client, err := admin.Ask(t.Context(), c, false) // nobody listens: the files are asked
	if err != nil {
		t.Fatal(err)
	}
	if s, err := client.Stat(); err != nil || s.Running != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := admin.Ask(t.Context(), c, false); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("two at once: %v", err)
	}
	client.Close()
	client = start(t, c, Options{}).ask()
	if s, err := client.Stat(); err != nil || s.Running != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	client.Close()
}

// TestNoSpoolIsMadeToBeRead: a wrong folder in the configuration is said, not filled.
func TestNoSpoolIsMadeToBeRead(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	c := settings(state)
	if _, err := admin.Ask(t.Context(), c, false); err == nil || !strings.Contains(err.Error(), "no spool in the state directory") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}
