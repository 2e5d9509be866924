package flash_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"pillarbox/spool/flash"
)

func open(t *testing.T, dir string) *flash.Dir {
	t.Helper()
	vol, err := flash.Open(dir, flash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vol.Close() })
	return vol
}

func TestOnlyOneProcessHoldsTheVolume(t *testing.T) {
	dir := t.TempDir()
	vol := open(t, dir)
	if _, err := flash.Open(dir, flash.Options{}); !errors.Is(err, flash.ErrLocked) {
		t.Errorf("second Open: %v, want ErrLocked", err)
	}
	if err := vol.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// The probe of direct writes must not need room: a server whose disk is full has to start.
func TestOpenTakesRoomOnlyOnce(t *testing.T) {
	dir := t.TempDir()
	openRecycling(t, dir).Close()
	before := stat(t, dir, "LOCK")
	openRecycling(t, dir).Close()
	after := stat(t, dir, "LOCK")
	if before.Ino != after.Ino || before.Blocks != after.Blocks || after.Size != flash.Page {
		t.Errorf("LOCK had inode %d, %d blocks, now %d, %d, %d bytes",
			before.Ino, before.Blocks, after.Ino, after.Blocks, after.Size)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"LOCK"}) {
		t.Errorf("the folder holds %q", got)
	}
}

func TestMissingFoldersAreMadePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "spool")
	open(t, dir)
	for _, made := range []string{dir, filepath.Dir(dir)} {
		if st, err := os.Stat(made); err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v, want 0700", made, st.Mode(), err)
		}
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/spool"} {
		if vol, err := flash.Open(dir, flash.Options{}); err == nil {
			vol.Close()
			t.Errorf("%s was opened", dir)
		}
	}
}

func TestHalfMadeFilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"00000.tmp", "id.tmp", "00001", "id"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vol := open(t, dir)
	if got, err := vol.Names(); err != nil || !slices.Equal(got, []string{"00001", "id"}) {
		t.Errorf("Names = %q, %v", got, err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"00001", "LOCK", "id"}) {
		t.Errorf("the folder holds %q", got)
	}
	f, err := vol.Create("00000", 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestNothingIsLeftOfASlotThatDidNotFit(t *testing.T) {
	dir := t.TempDir()
	vol := openRecycling(t, dir)
	limitFileSize(t, 64<<10)
	if _, err := vol.Create("00000", 128<<10); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Create = %v, want EFBIG", err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"LOCK"}) {
		t.Errorf("the folder holds %q", got)
	}
}

func TestShortWriteIsAnError(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		vol, err := flash.Open(t.TempDir(), flash.Options{Mode: mode})
		if err != nil {
			t.Skip(err)
		}
		defer vol.Close()
		f, err := vol.Create("00000", 64<<10)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		func() {
			defer limitFileSize(t, 64<<10)()
			// The kernel takes the first half and says so without an error.
			if n, err := f.WriteAt(pattern(16<<10, 1), 56<<10); n == 16<<10 || !errors.Is(err, syscall.EFBIG) {
				t.Errorf("%v: WriteAt = %d, %v, want EFBIG", mode, n, err)
			}
		}()
	}
}

// limitFileSize makes every write of this process behind bytes fail until the end of the test or
// a call of what it returns.
func limitFileSize(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := before
	limit.Cur = bytes
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	lift = sync.OnceFunc(func() {
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
		signal.Reset(syscall.SIGXFSZ)
	})
	t.Cleanup(lift)
	return lift
}

func TestRecycledSlotHasItsBlocksForLife(t *testing.T) {
	dir := t.TempDir()
	vol := openRecycling(t, dir)
	const size = 1<<20 + 3*flash.Page // no multiple of the piece that is filled at once
	f, err := vol.Create("00000", size)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := stat(t, dir, "00000")
	if before.Size != size || before.Blocks*512 < size || before.Mode&0o777 != 0o600 {
		t.Errorf("%d bytes in %d blocks, mode %o", before.Size, before.Blocks, before.Mode)
	}
	write(t, f, pattern(size, 3), 0)
	if after := stat(t, dir, "00000"); after.Blocks != before.Blocks || after.Size != before.Size || after.Ino != before.Ino {
		t.Errorf("a write has changed the file: %d blocks, %d before", after.Blocks, before.Blocks)
	}
}

func TestDirectWritesAreSeenThroughTheCache(t *testing.T) {
	vol := openRecycling(t, t.TempDir())
	const size = 256 << 10
	f, err := vol.Create("00000", size)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, size)
	want := make([]byte, size)
	for round := range byte(8) {
		if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: %v, or other bytes than were written", round, err)
		}
		piece := pattern(3*flash.Page, round)
		at := int64(round) * 7 * flash.Page
		if _, err := f.WriteAt(piece, at); err != nil {
			t.Fatal(err)
		}
		copy(want[at:], piece)
	}
}

func TestUncachedReadAtAnOddEnd(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "00000"), make([]byte, flash.Page+100), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		vol, err := flash.Open(dir, flash.Options{Mode: mode})
		if err != nil {
			t.Skip(err)
		}
		f, err := vol.Open("00000")
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.ReadUncached(flash.Aligned(4*flash.Page), 0)
		if n != flash.Page+100 || err != io.EOF {
			t.Errorf("%v: ReadUncached = %d, %v, want what there is and io.EOF", mode, n, err)
		}
		f.Close()
		vol.Close()
	}
}

func TestHandleIsForReadingOnly(t *testing.T) {
	vol := open(t, t.TempDir())
	f, err := vol.Create("00000", 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Handle().WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EBADF) {
		t.Errorf("a write to the handle: %v, want EBADF", err)
	}
}

func TestStoreKeepsTheOldContentWhenItFails(t *testing.T) {
	dir := t.TempDir()
	vol := open(t, dir)
	if err := vol.Store("id", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := vol.Store("id", make([]byte, 1<<20+1)); err == nil {
		t.Error("a small file of more than 1 MiB was stored")
	}
	// A folder in the place of the half-made file: it cannot be written.
	if err := os.Mkdir(filepath.Join(dir, "id.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := vol.Store("id", []byte("new")); err == nil {
		t.Error("Store has written into a folder")
	}
	if got, err := vol.Load("id"); err != nil || string(got) != "old" {
		t.Errorf("Load = %q, %v, want the old content", got, err)
	}
}

func TestHalfMadeFilesOfThisRunAreReplaced(t *testing.T) {
	dir := t.TempDir()
	vol := open(t, dir)
	for _, name := range []string{"id.tmp", "00000.tmp"} { // as a failed attempt may leave them
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte("old"), 1<<18), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := vol.Store("id", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := vol.Load("id"); err != nil || string(got) != "new" {
		t.Errorf("Load = %d bytes, %v, want %q", len(got), err, "new")
	}
	f, err := vol.Create("00000", 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, 64<<10+1)
	if n, err := f.ReadAt(got, 0); err != io.EOF || n > 64<<10 || !bytes.Equal(got, make([]byte, len(got))) {
		t.Errorf("ReadAt = %d, %v, %q..., want a new slot", n, err, got[:4])
	}
}

func TestSmallFileIsBounded(t *testing.T) {
	dir := t.TempDir()
	vol := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "id"), make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := vol.Load("id"); err == nil {
		t.Errorf("Load took %d bytes into memory", len(got))
	}
}

func TestProfileNamesTheMode(t *testing.T) {
	dir := t.TempDir()
	chosen := open(t, dir).Profile()
	if chosen.FileSystem == "" || chosen.Mode != flash.Recycle && chosen.Mode != flash.Append {
		t.Errorf("%+v", chosen)
	}
	if (chosen.Mode == flash.Recycle) != chosen.Direct {
		t.Errorf("%+v: recycling needs direct writes and a file system that overwrites in place", chosen)
	}
	forced, err := flash.Open(t.TempDir(), flash.Options{Mode: flash.Append})
	if err != nil {
		t.Fatal(err)
	}
	defer forced.Close()
	if got := forced.Profile(); got.Mode != flash.Append || got.FileSystem != chosen.FileSystem {
		t.Errorf("%+v, want append on %s", got, chosen.FileSystem)
	}
}

// tmpfs accepts O_DIRECT and writes through the cache anyway: the probe must detect it.
func TestMemoryIsNeverRecycled(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "flash")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(dir)
	vol := open(t, dir)
	p := vol.Profile()
	if p.FileSystem != "tmpfs" {
		t.Skipf("/dev/shm is %s", p.FileSystem)
	}
	if p.Mode != flash.Append || !p.Volatile || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "memory") {
		t.Errorf("%+v, want append and a warning", p)
	}
	vol.Close()
	if vol, err := flash.Open(dir, flash.Options{Mode: flash.Recycle}); err == nil {
		vol.Close()
		t.Error("slots would be recycled in memory, through the cache")
	}
}

func TestAligned(t *testing.T) {
	for _, n := range []int{0, 1, 512, flash.Page, 3 * flash.Page, 256 << 10, 4 << 20} {
		p := flash.Aligned(n)
		if len(p) != n || uintptr(unsafe.Pointer(unsafe.SliceData(p)))%flash.Page != 0 && n > 0 {
			t.Errorf("Aligned(%d): %d bytes at %p", n, len(p), unsafe.SliceData(p))
		}
		if cap(p) > n+flash.Page {
			t.Errorf("Aligned(%d) costs %d bytes", n, cap(p))
		}
	}
}

// files returns the names of all that lies in dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, f.Name())
	}
	return names
}

func stat(t *testing.T, dir, name string) *syscall.Stat_t {
	t.Helper()
	st, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t)
}
