package archive

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/transfer"
)

// stranger is a user that no machine has.
const stranger = 54321

// planted returns a directory in which another user than root may have put anything; without root
// it is this user's own.
func planted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
		own(t, filepath.Join(dir, sub))
	}
	own(t, dir)
	return dir
}

// own gives a name to the stranger, if this is root.
func own(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Lchown(path, stranger, stranger); err != nil {
		t.Skip(err) // a container without the right to do it
	}
}

// secret is a file outside that no import may read and no export may write.
func secret(t *testing.T) (path string, same func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "secret")
	write(t, path, "Subject: secret\n\n")
	return path, func() {
		t.Helper()
		if text, err := os.ReadFile(path); err != nil || string(text) != "Subject: secret\n\n" {
			t.Errorf("the file outside holds %q, %v", text, err)
		}
	}
}

// link plants a symbolic link.
func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	own(t, path)
}

// TestImportTakesOnlyFiles: links, FIFOs, sockets, devices, and files that another user owns are
// left out of an import, and named; it neither hangs nor ends.
func TestImportTakesOnlyFiles(t *testing.T) {
	dir := planted(t)
	outside, _ := secret(t)
	in := func(name string) string { return filepath.Join(dir, "cur", name) }
	write(t, in("1.good"), "Subject: good\n\n")
	own(t, in("1.good"))
	link(t, outside, in("2.link"))
	link(t, "/dev/zero", in("3.zero"))
	link(t, "1.good", in("4.near"))
	if err := syscall.Mkfifo(in("5.fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	own(t, in("5.fifo"))
	socket, err := net.Listen("unix", in("6.s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	want := map[string]string{"2.link": "symbolic link", "3.zero": "symbolic link", "4.near": "symbolic link", "5.fifo": "FIFO", "6.s": "socket"}
	if os.Geteuid() == 0 {
		if err := os.Link(outside, in("7.hard")); err != nil {
			t.Fatal(err)
		}
		want["7.hard"] = "user 0 owns it"
		if err := syscall.Mknod(in("8.null"), syscall.S_IFCHR|0o666, 1<<8|3); err == nil {
			want["8.null"] = "device"
		}
	}
	source, err := ReadMaildir(dir, Options{})
	list := read(t, source, err)
	if len(list) != 1 || list[0].text != "Subject: good\n\n" {
		t.Errorf("imported %+v", list)
	}
	for _, note := range source.Report.Skipped.List {
		name := filepath.Base(note.Name)
		if want[name] == "" || !strings.Contains(note.Reason, want[name]) {
			t.Errorf("%s: %q, want %q", name, note.Reason, want[name])
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("not named: %v", want)
	}
}

// TestImportOfLinks: neither a Maildir's own folders, nor its list, nor an mbox are read through a
// link, and a FIFO is not waited for.
func TestImportOfLinks(t *testing.T) {
	outside, _ := secret(t)
	t.Run("a folder", func(t *testing.T) {
		dir := planted(t)
		os.Remove(filepath.Join(dir, "cur"))
		link(t, filepath.Dir(outside), filepath.Join(dir, "cur"))
		if _, err := ReadMaildir(dir, Options{}); err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("got %v", err)
		}
	})
	for name, plant := range map[string]func(path string) error{
		"a link":    func(path string) error { return os.Symlink(outside, path) },
		"a FIFO":    func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"/dev/zero": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		dir := planted(t)
		list := filepath.Join(dir, "dovecot-uidlist")
		if err := plant(list); err != nil {
			t.Fatal(err)
		}
		own(t, list)
		if _, err := ReadMaildir(dir, Options{}); err == nil || !strings.Contains(err.Error(), "dovecot-uidlist") {
			t.Errorf("the list is %s: %v", name, err)
		}
		if _, err := ReadMbox(list, Options{}); err == nil || !strings.Contains(err.Error(), "dovecot-uidlist") {
			t.Errorf("the mbox is %s: %v", name, err)
		}
	}
	if os.Geteuid() == 0 {
		dir := planted(t)
		if err := os.Link(outside, filepath.Join(dir, "mbox")); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMbox(filepath.Join(dir, "mbox"), Options{}); err == nil || !strings.Contains(err.Error(), "user 0 owns it") {
			t.Errorf("an mbox by a second name: %v", err)
		}
	}
}

// TestExportWritesThroughNoLink: what was planted in the place of a file or folder of an export
// leads nowhere.
func TestExportWritesThroughNoLink(t *testing.T) {
	outside, same := secret(t)
	defer same()
	t.Run("a message", func(t *testing.T) {
		dir := planted(t)
		name := nameOfUID("uid", when.Received.Unix())
		link(t, outside, filepath.Join(dir, "tmp", name))
		link(t, outside, filepath.Join(dir, "new", name+"x"))
		m, err := OpenMaildir(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if err := m.Take("uid", when, strings.NewReader("Subject: x\n\n")); err != nil {
			t.Error(err)
		}
		info, err := os.Lstat(filepath.Join(dir, "new", name))
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Equal(when.Received) {
			t.Errorf("%v, %v", info, err)
		}
	})
	for _, sub := range []string{"tmp", "new", "cur"} {
		dir := planted(t)
		os.Remove(filepath.Join(dir, sub))
		link(t, filepath.Dir(outside), filepath.Join(dir, sub))
		if m, err := OpenMaildir(dir); err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: %v, %v", sub, m, err)
		}
	}
	t.Run("the folder of an account", func(t *testing.T) {
		dir := planted(t)
		link(t, filepath.Dir(outside), filepath.Join(dir, "anna"))
		if _, err := OpenMaildir(filepath.Join(dir, "anna")); err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an mbox", func(t *testing.T) {
		dir := planted(t)
		path := filepath.Join(dir, "anna.mbox")
		link(t, outside, path+".tmp")
		m, err := OpenMbox(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.Take("uid", when, strings.NewReader("Subject: x\n\n")), m.Finish()); err != nil {
			t.Error(err)
		}
		link(t, outside, filepath.Join(dir, "otto.mbox"))
		if _, err := OpenMbox(filepath.Join(dir, "otto.mbox")); !errors.As(err, &transfer.Refused{}) {
			t.Errorf("over a link: %v", err)
		}
	})
	if found, err := os.ReadDir(filepath.Dir(outside)); err != nil || len(found) != 1 {
		t.Errorf("beside the file outside lie %v, %v", found, err)
	}
}

// TestRootFollowsOnlyLinksOfItsOwn on the way to the directory that a command line names.
func TestRootFollowsOnlyLinksOfItsOwn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	home := planted(t)
	outside := planted(t)
	if err := os.Symlink(filepath.Join(home, "cur"), filepath.Join(home, "of-root")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("of-root", filepath.Join(home, "relative")); err != nil {
		t.Fatal(err)
	}
	link(t, outside, filepath.Join(home, "of-stranger"))
	link(t, "round", filepath.Join(home, "round"))
	for name, want := range map[string]string{"cur": "", "of-root": "", "relative/../cur/.": "", "of-root/made/deep": "", "of-stranger": "user 54321 made it", "of-stranger/new": "user 54321 made it", "round": "user 54321"} {
		f, err := makeFolder(filepath.Join(home) + "/" + name)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", name, err, want)
		case err == nil:
			f.close()
		}
	}
	if err := os.Symlink("again", filepath.Join(home, "again")); err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(filepath.Join(home, "again")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "cur", "made", "deep")); err != nil {
		t.Error(err)
	}
}
