package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pillarbox/appliance/transfer"
)

// TestSpecialFiles: links, FIFOs, sockets and devices are skipped and named; nothing waits for a
// writer.
func TestSpecialFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "secret", "Subject: of another user\n\n")
	write(t, "Maildir/new/1.mail", "Subject: mail\n\n")
	if err := os.Symlink("../../secret", "Maildir/new/2.link"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("Maildir/new/3.fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", "Maildir/new/4.socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	want := `message 1.mail from="" at=file
	"Subject: mail\n"
	"\n"
skipped Maildir/new/2.link: it is a symbolic link, which is not followed
skipped Maildir/new/3.fifo: it is a FIFO
skipped Maildir/new/4.socket: it is a socket
`
	if err := os.Chtimes("Maildir/new/1.mail", fileTime, fileTime); err != nil {
		t.Fatal(err)
	}
	source, err := ReadMaildir("Maildir", Options{})
	if got := resultOf(t, source, err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// The same after the folder was listed, and for an mbox.
	for _, name := range []string{"2.link", "3.fifo", "4.socket"} {
		var refused transfer.Refused
		if _, err := openContent(openNew(t), name); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadMbox(filepath.Join("Maildir/new", name), Options{}); err == nil || !strings.Contains(err.Error(), "an mbox is a file") {
			t.Errorf("mbox %s: %v", name, err)
		}
	}
	for _, path := range []string{"Maildir", "/dev/zero"} {
		if _, err := ReadMbox(path, Options{}); err == nil || !strings.Contains(err.Error(), "a Maildir is a folder") {
			t.Errorf("mbox %s: %v", path, err)
		}
	}
}

// openNew opens the folder Maildir/new.
func openNew(t testing.TB) *folder {
	t.Helper()
	f, err := openFolder("Maildir/new")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	return f
}

// TestSparseFiles: a file of a terabyte that holds nothing is refused by its beginning.
func TestSparseFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "Maildir/new/1.sparse", "")
	if err := os.Truncate("Maildir/new/1.sparse", 1<<40); err != nil {
		t.Skip(err)
	}
	if _, err := openContent(openNew(t), "1.sparse"); err == nil || !strings.Contains(err.Error(), "binary") {
		t.Errorf("Maildir: %v", err)
	}
	if _, err := ReadMbox("Maildir/new/1.sparse", Options{}); err == nil || !strings.Contains(err.Error(), "not an mbox") {
		t.Errorf("mbox: %v", err)
	}
}

// TestUnpackBounds: what unpacks to more than a message can be is an error, before it is written
// anywhere.
func TestUnpackBounds(t *testing.T) {
	var zipped, packed bytes.Buffer
	z := gzip.NewWriter(&zipped)
	p, err := zstd.NewWriter(&packed, zstd.WithWindowSize(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range 3 {
		z.Write(block)
		p.Write(block)
	}
	z.Close()
	p.Close()
	for form, text := range map[string]*bytes.Buffer{"gzip": &zipped, "zstd": &packed} {
		from, err := unpack(form, bytes.NewReader(text.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		from.(*unpacked).left = 2 << 20
		n, err := io.Copy(io.Discard, from)
		if err == nil || n > 2<<20 || !strings.Contains(err.Error(), form+": unpacks to more than") {
			t.Errorf("%s: %d octets, %v", form, n, err)
		}
		from.Close()
	}
}

// TestGrowingFile: a file that grows while it is read ends where it ended when it was opened.
func TestGrowingFile(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "Subject: x\n\n" + strings.Repeat("a line of text\n", 1000)
	write(t, "Maildir/new/1.mail", text)
	c, err := openContent(openNew(t), "1.mail")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write(t, "Maildir/new/1.mail", text+"more")
	if got, err := io.ReadAll(c); err != nil || string(got) != text {
		t.Errorf("%d octets of %d, %v", len(got), len(text), err)
	}
}

// TestPackedIsTried: a compressed message that is damaged behind its beginning is skipped and
// named, before it is offered.
func TestPackedIsTried(t *testing.T) {
	t.Chdir(t.TempDir())
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprintf(z, "Subject: x\n\n")
	for i := range 10_000 {
		fmt.Fprintf(z, "line %d\n", i)
	}
	z.Close()
	whole := zipped.String()
	write(t, "Maildir/new/1.whole", whole)
	write(t, "Maildir/new/2.cut", whole[:len(whole)-100])
	source, err := ReadMaildir("Maildir", Options{})
	if list := read(t, source, err); len(list) != 1 || list[0].uid != "1.whole" {
		t.Errorf("imported %d", len(list))
	}
	if want := []Note{{"Maildir/new/2.cut", "gzip: unexpected EOF"}}; !slices.Equal(source.Report.Skipped.List, want) {
		t.Errorf("%q", source.Report.Skipped.List)
	}
}

// TestMboxChanged: a file that another program has written to is not read by the old places.
func TestMboxChanged(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "mbox", "From a@b Sun Sep  9 01:46:40 2001\nSubject: 1\n\ntext\n\n")
	source, err := ReadMbox("mbox", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	f, err := os.OpenFile("mbox", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("From a@b Sun Sep  9 01:46:40 2001\nSubject: 2\n\ntext\n\n")
	f.Close()
	for l := range source.Messages {
		if _, _, err := l.Open(); err == nil || !strings.Contains(err.Error(), "changed") {
			t.Errorf("%v", err)
		}
	}
}

// TestNotesAreBounded: the report of a large mailbox does not grow with it.
func TestNotesAreBounded(t *testing.T) {
	var n Notes
	for range 3 * mostNotes {
		n.add("name", "reason")
	}
	if len(n.List) != mostNotes || n.Total != 3*mostNotes {
		t.Errorf("%d of %d", len(n.List), n.Total)
	}
}

// TestShownNames: the name of a file cannot send control sequences to the terminal of root.
func TestShownNames(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "Maildir/new/1.\x1b]0;x\x07\nnot imported: nothing", "")
	write(t, "Maildir/new/2.\xff", "")
	write(t, "Maildir/new/3.Grüße 你好", "")
	source, err := ReadMaildir("Maildir", Options{})
	read(t, source, err)
	want := []string{`"Maildir/new/1.\x1b]0;x\a\nnot imported: nothing"`, `"Maildir/new/2.\xff"`, "Maildir/new/3.Grüße 你好"}
	for i, note := range source.Report.Skipped.List {
		if i >= len(want) || note.Name != want[i] {
			t.Errorf("%s", note.Name)
		}
	}
	if source.Report.Skipped.Total != len(want) {
		t.Errorf("%d", source.Report.Skipped.Total)
	}
}

// TestOpenAfterChange: a file that became something else after it was tried is left out, and does
// not end the import.
func TestOpenAfterChange(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "Maildir/new/1.mail", "Subject: x\n\n")
	source, err := ReadMaildir("Maildir", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for l := range source.Messages {
		write(t, "Maildir/new/1.mail", "\x00\x01")
		var refused transfer.Refused
		if _, _, err := l.Open(); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "binary") {
			t.Errorf("%v", err)
		}
		os.Remove("Maildir/new/1.mail")
		if _, _, err := l.Open(); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
}
