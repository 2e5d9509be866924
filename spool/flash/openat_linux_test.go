package flash_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
)

// stranger is a user that no machine has.
const stranger = 54321

// TestNamesLeadNowhereElse: a link, a FIFO, a second name or the file of another user in the place
// of a name of the volume is refused, and what lies behind it is neither read, written nor removed.
func TestNamesLeadNowhereElse(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	plants := map[string]struct {
		plant  func(path string) error
		reader bool // a volume that is only read takes it: nothing is written through it
	}{
		"a symbolic link": {func(path string) error { return os.Symlink(outside, path) }, false},
		"a FIFO":          {func(path string) error { return syscall.Mkfifo(path, 0o600) }, false},
		"a second name":   {func(path string) error { return os.Link(outside, path) }, true},
		"a directory":     {func(path string) error { return os.Mkdir(path, 0o700) }, false},
		"of another user": {func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("outside"), 0o600), os.Chown(path, stranger, stranger))
		}, false},
	}
	for name, p := range plants {
		if name == "of another user" && os.Geteuid() != 0 {
			continue // only root can make one
		}
		for _, at := range []string{"LOCK", "00000", "FORMAT"} {
			dir := t.TempDir()
			if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := p.plant(filepath.Join(dir, at)); err != nil {
				t.Fatal(err)
			}
			for _, reading := range []bool{false, true} {
				vol, err := flash.Open(dir, flash.Options{ReadOnly: reading})
				if err == nil && at == "00000" {
					_, err = vol.Open(at)
				} else if err == nil && at == "FORMAT" {
					_, err = vol.Load(at)
				}
				taken := at == "LOCK" && reading || p.reader && (reading || at == "FORMAT")
				if (err == nil) != taken {
					t.Errorf("%s in the place of %s, only reading: %v: %v", name, at, reading, err)
				}
				if !taken && name != "a directory" && !errors.Is(err, flash.ErrForeign) {
					t.Errorf("%s in the place of %s: %v", name, at, err)
				}
				if vol != nil {
					vol.Close()
				}
			}
			if text, err := os.ReadFile(outside); err != nil || string(text) != "outside" {
				t.Errorf("%s in the place of %s: the file outside holds %q, %v", name, at, text, err)
			}
		}
	}
}

// TestTemporaryNamesLeadNowhere: what lies under the temporary name of a slot or small file is
// removed, not written to.
func TestTemporaryNamesLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	vol := open(t, dir)
	for _, name := range []string{"00000.tmp", "FORMAT.tmp"} {
		if err := os.Symlink(outside, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := vol.Create("00000", 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := vol.Store("FORMAT", []byte("new")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00000", "FORMAT"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "outside" {
		t.Errorf("the file outside holds %q, %v", text, err)
	}
}

// TestVolumeBehindALink: the directory itself is none.
func TestVolumeBehindALink(t *testing.T) {
	real, dir := t.TempDir(), filepath.Join(t.TempDir(), "spool")
	if err := errors.Join(os.WriteFile(filepath.Join(real, "keep.tmp"), nil, 0o600), os.Symlink(real, dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := flash.Open(dir, flash.Options{}); !errors.Is(err, flash.ErrForeign) || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v", err)
	}
	if got := files(t, real); len(got) != 1 || got[0] != "keep.tmp" {
		t.Errorf("the directory behind it holds %q", got)
	}
}

// TestReadOnlyVolume: it is opened without a lock, beside the process that writes, and nothing in
// it changes.
func TestReadOnlyVolume(t *testing.T) {
	dir := t.TempDir()
	writer := open(t, dir)
	f, err := writer.Create("00000", 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write(t, f, pattern(64<<10, 1), 0)
	if err := os.WriteFile(filepath.Join(dir, "half.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	vol, err := flash.Open(dir, flash.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer vol.Close()
	if p := vol.Profile(); !p.ReadOnly || vol.Mode() != writer.Mode() {
		t.Errorf("%+v", p)
	}
	r, err := vol.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := flash.Aligned(64 << 10)
	if n, err := r.ReadUncached(got, 0); n != len(got) || err != nil || differ(got, pattern(64<<10, 1)) >= 0 {
		t.Errorf("ReadUncached = %d, %v", n, err)
	}
	_, created := vol.Create("00001", 64<<10)
	_, written := r.WriteAt(flash.Aligned(flash.Page), 0)
	for name, err := range map[string]error{"Create": created, "WriteAt": written, "Store": vol.Store("FORMAT", nil), "Remove": vol.Remove("00000")} {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := files(t, dir); len(got) != len(before) {
		t.Errorf("the directory held %q, now %q", before, got)
	}
	missing := filepath.Join(dir, "none")
	if _, err := flash.Open(missing, flash.Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

// TestLockedNamesTheProcess that holds the volume.
func TestLockedNamesTheProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	_, err := flash.Open(dir, flash.Options{})
	var locked *flash.LockedError
	if !errors.Is(err, flash.ErrLocked) || !errors.As(err, &locked) {
		t.Fatal(err)
	}
	if locked.PID == 0 {
		t.Skip("this kernel does not show the locks")
	}
	if locked.PID != os.Getpid() || locked.Command == "" || !strings.Contains(err.Error(), locked.Command) {
		t.Errorf("%+v: %v", locked, err)
	}
}
