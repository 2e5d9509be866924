package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRead: a small file is read with a bound, and through no link.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(at("ports"), []byte("110 1110\n"), 0o600), os.Symlink("ports", at("link")), os.Symlink("/dev/zero", at("zero")),
		syscall.Mkfifo(at("fifo"), 0o600), os.Mkdir(at("dir"), 0o700), os.Symlink(".", at("way"))); err != nil {
		t.Fatal(err)
	}
	wants := map[string]string{"link": "symbolic link", "zero": "symbolic link", "fifo": "not a regular file", "dir": "not a regular file"}
	if os.Geteuid() == 0 {
		if err := errors.Join(os.WriteFile(at("other"), nil, 0o600), os.Chown(at("other"), 4711, 4711)); err != nil {
			t.Fatal(err)
		}
		wants["other"] = "user 4711 owns it"
	}
	for name, want := range wants {
		if text, err := Read(at(name), 100); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %q, %v, want %q", name, text, err, want)
		}
	}
	if text, err := Read(at("ports"), 9); string(text) != "110 1110\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	// Links above the folder are allowed.
	if text, err := Read(at("way/ports"), 9); string(text) != "110 1110\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := Read(at("ports"), 8); err == nil || !strings.Contains(err.Error(), "more than 8 octets") {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(at("none"), 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestMakeInside: the folder is not what a link leads to, and belongs to whom the one above belongs
// to.
func TestMakeInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	owner := os.Geteuid()
	if owner == 0 {
		owner = 4711
		if err := os.Chown(dir, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time it is there
		if err := MakeInside(filepath.Join(dir, "certs")); err != nil {
			t.Fatal(err)
		}
	}
	var st syscall.Stat_t
	if err := syscall.Lstat(filepath.Join(dir, "certs"), &st); err != nil || int(st.Uid) != owner || st.Mode&0o777 != 0o700 {
		t.Errorf("it belongs to user %d, mode %o, %v", st.Uid, st.Mode, err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := MakeInside(filepath.Join(dir, "link")); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("over a link: %v", err)
	}
	if err := syscall.Lstat(outside, &st); err != nil || int(st.Uid) != os.Geteuid() {
		t.Errorf("what it leads to belongs to user %d, %v", st.Uid, err)
	}
}
