package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"pillarbox/appliance/confine"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ports")
	// What a crash in the middle leaves.
	if err := os.WriteFile(path+".new", []byte("half a li"), 0o644); err != nil {
		t.Fatal(err)
	}
	owner := os.Geteuid()
	if owner == 0 { // root writes for the service
		owner = 4711
		if err := os.Chown(dir, 4711, 4712); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"first, which is longer\n", "second\n"} {
		if err := Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("the file holds %q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if got := int(info.Sys().(*syscall.Stat_t).Uid); got != owner {
		t.Errorf("it belongs to %d, want %d", got, owner)
	}
	onlyFile(t, dir, "ports")
}

// TestReplaceThatFails: what is in the way stays, and nothing is left beside it.
func TestReplaceThatFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "ports", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "ports"), []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	onlyFile(t, dir, "ports")
	if err := Replace(filepath.Join(dir, "none", "ports"), []byte("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

func TestMakeFolder(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b")
	for range 2 { // the second time it is there
		if err := MakeFolder(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, made := range []string{filepath.Dir(dir), dir} {
		if info, err := os.Stat(made); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", made, info.Mode(), err)
		}
	}
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeFolder(file); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("over a file: %v", err)
	}
}

func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Name() != name {
		t.Errorf("the folder holds %v", found)
	}
}

// TestNobodyElseGivesAway: a user that is not root writes into a folder of another one, whose mode
// lets it, and keeps what it has made.
func TestNobodyElseGivesAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	dir, err := os.MkdirTemp("", "durable-") // t.TempDir lies in a folder that lets nobody else in
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Chown(dir, 1026, 100), os.Chmod(dir, 0o777)); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(dir, "secret")
	err = confine.As(confine.Owner(54321, 54321), func() error {
		return errors.Join(Replace(path, []byte("x")), MakeInside(filepath.Join(dir, "certs")))
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Sys().(*syscall.Stat_t).Uid != 54321 {
		t.Errorf("%v, %v", info, err)
	}
}
