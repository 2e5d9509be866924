package statedir

import (
	"os"
	"path/filepath"
	"testing"
)

// TestIdentity: a state directory that is moved is the same; one that is put back, whole or in
// part, is not, also where it gets the inode numbers of what was removed.
func TestIdentity(t *testing.T) {
	state, backup := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "backup")
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(state, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	identity := func() string {
		t.Helper()
		f, err := os.Open(filepath.Join(state, QueueFile))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return Identity(f)
	}
	write(QueueFile)
	write(filepath.Join(SpoolFolder, "FORMAT"))
	if birth(state) == "-" {
		t.Skip("the file system of temporary files does not know when a file was made")
	}
	was := identity()
	if err := os.CopyFS(backup, os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	moved := state + "-moved"
	for _, step := range [][2]string{{state, moved}, {moved, state}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(SpoolFolder, "00000001")) // mail comes in
	if identity() != was {
		t.Errorf("it was %s, after a move it is %s", was, identity())
	}
	for _, part := range []string{SpoolFolder, "", QueueFile} {
		if err := os.RemoveAll(filepath.Join(state, part)); err != nil {
			t.Fatal(err)
		}
		if part == QueueFile {
			write(QueueFile)
		} else if err := os.CopyFS(filepath.Join(state, part), os.DirFS(filepath.Join(backup, part))); err != nil {
			t.Fatal(err)
		}
		now := identity()
		if now == was {
			t.Errorf("%q was put back, and the state directory is still %s", part, was)
		}
		was = now
	}
}
