package appliance

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pillarbox/appliance/confine"
	"pillarbox/appliance/statedir"
)

// servedState names the environment variable that makes TestServed the process that opens a state
// directory as pillarbox serve does.
const servedState = "PILLARBOX_TEST_SERVED"

// TestServeFollowsNoLink starts a server as root on the state directory of another user, as that
// user and as a service user, with what that user may have planted: no file of root is read,
// written, removed or given away, and the server is root no more when it serves.
func TestServeFollowsNoLink(t *testing.T) {
	c := planted(t)
	spoolOf := func(state, name string) string { return filepath.Join(state, statedir.SpoolFolder, name) }
	plants := map[string]func(state, to string){
		"nothing": func(string, string) {},
		"no spool": func(state, _ string) {
			if err := os.RemoveAll(filepath.Join(state, statedir.SpoolFolder)); err != nil {
				t.Fatal(err)
			}
		},
		"LOCK":   func(state, to string) { link(t, to, spoolOf(state, "LOCK")) },
		"a slot": func(state, to string) { link(t, to, spoolOf(state, "00000")) },
		"spool":  func(state, to string) { link(t, filepath.Dir(to), filepath.Join(state, statedir.SpoolFolder)) },
		"certs":  func(state, to string) { link(t, filepath.Dir(to), filepath.Join(state, statedir.CertsFolder)) },
	}
	for _, name := range []string{statedir.AccountsFile, statedir.SecretFile, statedir.ClockFile, statedir.RecordFile, statedir.PortsFile, statedir.FirstLoginFile, statedir.ControlSocket} {
		plants[name] = func(state, to string) { link(t, to, filepath.Join(state, name)) }
		plants[name+".new"] = func(state, to string) { link(t, to, filepath.Join(state, name+".new")) }
	}
	for _, user := range []string{"", nobody} {
		for name, plant := range plants {
			t.Run(user+" "+name, func(t *testing.T) {
				// t.TempDir is in a folder that no other user may enter.
				folder, err := os.MkdirTemp("", "served-")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(folder)
				state := filepath.Join(folder, "state")
				copyTree(t, c.State, state)
				give(t, state)
				if err := os.Chmod(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				to, same := treasure(t, "resets 3\n")
				keep := filepath.Join(filepath.Dir(to), "keep.tmp")
				if err := os.WriteFile(keep, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				plant(state, to)
				child := exec.Command(os.Args[0], "-test.run=^TestServed$", "-test.v")
				child.Env = append(os.Environ(), servedState+"="+state, "PILLARBOX_TEST_USER="+user)
				if out, err := child.CombinedOutput(); err != nil || strings.HasPrefix(name, "no") && !strings.Contains(string(out), "it serves") {
					t.Errorf("%v\n%s", err, out)
				}
				same()
				found, err := os.ReadDir(filepath.Dir(to))
				if err != nil || len(found) != 2 {
					t.Errorf("beside the file of root lie %v, %v", found, err)
				}
				var st syscall.Stat_t
				if err := syscall.Lstat(keep, &st); err != nil || st.Uid != 0 {
					t.Errorf("%s belongs to user %d, %v", keep, st.Uid, err)
				}
			})
		}
	}
}

func TestServed(t *testing.T) {
	state := os.Getenv(servedState)
	if state == "" {
		t.Skip("TestServeFollowsNoLink starts it in a process of its own")
	}
	c := settings(state)
	c.Service.User = os.Getenv("PILLARBOX_TEST_USER")
	want := noUser
	if id, err := confine.Lookup(c.Service.User); err == nil {
		want = id.UID
	}
	a, err := New(t.Context(), c, Options{GiveUp: true, Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Logf("refused: %v", err)
		return
	}
	t.Log("it serves")
	if os.Getuid() != want || os.Geteuid() != want {
		t.Errorf("it is user %d, acts as %d, want %d", os.Getuid(), os.Geteuid(), want)
	}
	if err := syscall.Setuid(0); err == nil {
		t.Error("it can become root again")
	}
	filepath.WalkDir(filepath.Join(state, statedir.SpoolFolder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() == fs.ModeSymlink {
			return nil // planted, and left alone
		}
		var st syscall.Stat_t
		if err := errors.Join(err, syscall.Lstat(path, &st)); err != nil || int(st.Uid) != want {
			t.Errorf("%s belongs to user %d, %v", path, st.Uid, err)
		}
		return err
	})
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// TestEffective: all threads act as the user, one of them can be root for a call, and Become ends
// that.
func TestEffective(t *testing.T) {
	path := os.Getenv(servedState)
	if path == "" {
		if os.Geteuid() != 0 {
			t.Skip("only root can act as another user")
		}
		path, same := treasure(t, "of root")
		defer same()
		child := exec.Command(os.Args[0], "-test.run=^TestEffective$")
		child.Env = append(os.Environ(), servedState+"="+path)
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	read := func() error {
		_, err := os.ReadFile(path)
		return err
	}
	owner := confine.Owner(noUser, 0)
	before, err := confine.Effective(owner)
	if err != nil {
		t.Fatal(err)
	}
	group := make(chan error)
	for range 32 { // as many threads as there are
		go func() { group <- read() }()
	}
	for range 32 {
		if err := <-group; !errors.Is(err, os.ErrPermission) {
			t.Errorf("a file of root was read: %v", err)
		}
	}
	if err := confine.As(before, read); err != nil {
		t.Errorf("as root: %v", err)
	}
	if err := read(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("after a call as root a file of root was read: %v", err)
	}
	if err := confine.Become(owner); err != nil {
		t.Fatal(err)
	}
	if err := confine.As(before, read); err == nil {
		t.Error("it can act as root after Become")
	}
	if groups, err := os.Getgroups(); err != nil || len(groups) != 1 || groups[0] != noUser {
		t.Errorf("it is in the groups %v, %v", groups, err)
	}
}
