package flashtest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

const slot = 64 << 10

// behaviours hold on the model and in the world alike: a test of the spool on the model is worth
// something only because of this table.
var behaviours = []struct {
	name string
	try  func(t *testing.T, vol flash.Volume)
}{
	{"a new slot is zeros, or empty where slots are appended", newSlot},
	{"a slot that is there is never made again", createTwice},
	{"what is not there is os.ErrNotExist", missing},
	{"names come sorted, small files among them", names},
	{"names that leave the folder or belong to the volume are refused", badNames},
	{"a slot of odd size is refused where slots are recycled", oddSlot},
	{"bytes are read before they are synced, by every handle", readBack},
	{"an uncached read returns what was written and synced", uncached},
	{"a read across the end yields what there is and io.EOF", readPastEnd},
	{"a write behind the end makes the file longer, with zeros between", grow},
	{"a write of less than pages is refused and changes nothing", notWhole},
	{"an uncached read of less than pages is refused", readNotWhole},
	{"an empty write does nothing", emptyWrite},
	{"a removed file can still be read through an open handle, and its name is free", removed},
	{"a small file has the content stored last", store},
	{"a closed file refuses everything", closed},
	{"there is room", room},
}

func TestVolumesBehaveAlike(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		for _, b := range behaviours {
			t.Run("model/"+mode.String()+"/"+b.name, func(t *testing.T) {
				d := flashtest.New(flashtest.Options{Mode: mode})
				b.try(t, d)
				if n := d.Handles(); n != 0 {
					t.Errorf("the test left %d files open", n)
				}
			})
			t.Run("real/"+mode.String()+"/"+b.name, func(t *testing.T) {
				b.try(t, openReal(t, mode))
			})
		}
	}
}

func openReal(t *testing.T, mode flash.Mode) flash.Volume {
	t.Helper()
	vol, err := flash.Open(t.TempDir(), flash.Options{Mode: mode})
	if err != nil && mode == flash.Recycle && os.Getenv("CI") == "" {
		t.Skipf("set TMPDIR to a folder on ext4, XFS or F2FS: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vol.Close() })
	return vol
}

func newSlot(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	got := make([]byte, slot+1)
	n, err := f.ReadAt(got, 0)
	want := slot
	if vol.Mode() == flash.Append {
		want = 0
	}
	if n != want || err != io.EOF || !bytes.Equal(got, make([]byte, slot+1)) {
		t.Errorf("ReadAt = %d, %v, want %d zeros and io.EOF", n, err, want)
	}
}

func createTwice(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, 0, 'a')
	if g, err := vol.Create("00000", slot); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create = %v, %v, want os.ErrExist", g, err)
	}
	expect(t, f, 0, 'a')
}

func missing(t *testing.T, vol flash.Volume) {
	if f, err := vol.Open("00000"); f != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open = %v, %v", f, err)
	}
	if err := vol.Remove("00000"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Remove = %v", err)
	}
	if data, err := vol.Load("id"); data != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load = %q, %v", data, err)
	}
	if got, err := vol.Names(); len(got) != 0 || err != nil {
		t.Errorf("Names = %q, %v", got, err)
	}
}

func names(t *testing.T, vol flash.Volume) {
	for _, name := range []string{"00002", "00000", "00001"} {
		create(t, vol, name).Close()
	}
	if err := vol.Store("id", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := vol.Remove("00001"); err != nil {
		t.Fatal(err)
	}
	got, err := vol.Names()
	if want := []string{"00000", "00002", "id"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Names = %q, %v, want %q", got, err, want)
	}
}

func badNames(t *testing.T, vol flash.Volume) {
	for _, name := range []string{"", ".", "..", "../x", "a/b", "LOCK", "00000.tmp", ".hidden", "a\x00b"} {
		f, err := vol.Create(name, slot)
		_, openErr := vol.Open(name)
		_, loadErr := vol.Load(name)
		for _, err := range []error{err, openErr, loadErr, vol.Store(name, nil), vol.Remove(name)} {
			if err == nil || errors.Is(err, os.ErrNotExist) {
				t.Errorf("%q: %v, %v, want a refusal", name, f, err)
			}
		}
	}
}

func oddSlot(t *testing.T, vol flash.Volume) {
	if vol.Mode() == flash.Append {
		create(t, vol, "00000").Close()
		return
	}
	for _, size := range []int64{-flash.Page, 0, 1, flash.Page + 512} {
		if _, err := vol.Create("00000", size); err == nil {
			t.Errorf("Create(%d) made a slot", size)
		}
	}
	if got, _ := vol.Names(); len(got) != 0 {
		t.Errorf("Names = %q", got)
	}
}

func readBack(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	g, err := vol.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	expectLater := func(b byte) { expect(t, f, 0, b); expect(t, g, 0, b) }
	for _, b := range []byte{'a', 'b', 'c'} { // each time the page is in the cache already
		put(t, f, 0, b)
		expectLater(b)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	expectLater('c')
}

func uncached(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, 0, 'a')
	write(t, f, flash.Page, 'b')
	got := flash.Aligned(2 * flash.Page)
	n, err := f.ReadUncached(got, 0)
	if n != len(got) || err != nil || !bytes.Equal(got, append(fill('a'), fill('b')...)) {
		t.Errorf("ReadUncached = %d, %v, %q...", n, err, got[:4])
	}
	if n, err := f.ReadUncached(got, slot); n != 0 || err != io.EOF {
		t.Errorf("ReadUncached behind the end = %d, %v", n, err)
	}
}

func readPastEnd(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, slot-flash.Page, 'z')
	for _, row := range []struct {
		off, length int64
		want        int
		err         error
	}{
		{slot - 10, 10, 10, nil},
		{slot - 10, 11, 10, io.EOF},
		{slot, 1, 0, io.EOF},
		{slot + 5, 1, 0, io.EOF},
	} {
		n, err := f.ReadAt(make([]byte, row.length), row.off)
		if n != row.want || err != row.err {
			t.Errorf("ReadAt(%d bytes, %d) = %d, %v, want %d, %v", row.length, row.off, n, err, row.want, row.err)
		}
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("ReadAt before the beginning: %v", err)
	}
}

func grow(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, slot+flash.Page, 'a')
	expect(t, f, slot+flash.Page, 'a')
	expect(t, f, slot, 0)
	if n, err := f.ReadAt(make([]byte, 1), slot+2*flash.Page); n != 0 || err != io.EOF {
		t.Errorf("ReadAt behind the new end = %d, %v", n, err)
	}
}

func notWhole(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, 0, 'a')
	p := flash.Aligned(2 * flash.Page)
	for what, row := range map[string]struct {
		p   []byte
		off int64
	}{
		"offset":          {p, 512},
		"negative offset": {p, -flash.Page},
		"length":          {p[:512], 0},
		"address":         {p[512 : 512+flash.Page], 0},
	} {
		if n, err := f.WriteAt(row.p, row.off); n != 0 || err == nil {
			t.Errorf("odd %s: WriteAt = %d, %v", what, n, err)
		}
	}
	expect(t, f, 0, 'a')
}

func readNotWhole(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, 0, 'a')
	p := flash.Aligned(2 * flash.Page)
	if n, err := f.ReadUncached(p, 512); n != 0 || err == nil || err == io.EOF {
		t.Errorf("odd offset: %d, %v", n, err)
	}
	if n, err := f.ReadUncached(p[:100], 0); n != 0 || err == nil || err == io.EOF {
		t.Errorf("odd length: %d, %v", n, err)
	}
}

func emptyWrite(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	if n, err := f.WriteAt(nil, 0); n != 0 || err != nil {
		t.Errorf("WriteAt(nothing) = %d, %v", n, err)
	}
}

func removed(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	defer f.Close()
	write(t, f, 0, 'a')
	if err := vol.Remove("00000"); err != nil {
		t.Fatal(err)
	}
	if _, err := vol.Open("00000"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open = %v, want os.ErrNotExist", err)
	}
	g := create(t, vol, "00000")
	defer g.Close()
	write(t, g, 0, 'b')
	expect(t, f, 0, 'a')
	expect(t, g, 0, 'b')
}

func store(t *testing.T, vol flash.Volume) {
	for _, want := range []string{"first", "", "a longer one than those before", "x"} {
		if err := vol.Store("id", []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := vol.Load("id"); err != nil || string(got) != want {
			t.Errorf("Load = %q, %v, want %q", got, err, want)
		}
	}
	large := bytes.Repeat([]byte("0123456789"), 1000)
	if err := vol.Store("id", large); err != nil {
		t.Fatal(err)
	}
	if got, err := vol.Load("id"); err != nil || !bytes.Equal(got, large) {
		t.Errorf("Load = %d bytes, %v, want %d", len(got), err, len(large))
	}
}

func closed(t *testing.T, vol flash.Volume) {
	f := create(t, vol, "00000")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p := flash.Aligned(flash.Page)
	_, read := f.ReadAt(p, 0)
	_, direct := f.ReadUncached(p, 0)
	_, write := f.WriteAt(p, 0)
	for op, err := range map[string]error{
		"ReadAt": read, "ReadUncached": direct, "WriteAt": write, "Sync": f.Sync(), "Close": f.Close(),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s = %v, want os.ErrClosed", op, err)
		}
	}
}

func room(t *testing.T, vol flash.Volume) {
	if free, err := vol.Free(); free <= 0 || err != nil {
		t.Errorf("Free = %d, %v", free, err)
	}
}

func create(t *testing.T, vol flash.Volume, name string) flash.File {
	t.Helper()
	f, err := vol.Create(name, slot)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// fill returns a page of one byte.
func fill(b byte) []byte {
	p := flash.Aligned(flash.Page)
	for i := range p {
		p[i] = b
	}
	return p
}

// put writes a page of one byte.
func put(t *testing.T, f flash.File, off int64, b byte) {
	t.Helper()
	if n, err := f.WriteAt(fill(b), off); n != flash.Page || err != nil {
		t.Fatalf("WriteAt(page of %q, %d) = %d, %v", b, off, n, err)
	}
}

// write writes a page of one byte and makes it durable.
func write(t *testing.T, f flash.File, off int64, b byte) {
	t.Helper()
	put(t, f, off, b)
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// expect reads a page of one byte.
func expect(t *testing.T, f flash.File, off int64, b byte) {
	t.Helper()
	got := make([]byte, flash.Page)
	if n, err := f.ReadAt(got, off); n != len(got) || err != nil || !bytes.Equal(got, fill(b)) {
		t.Errorf("the page at %d is %q..., %v, want %q", off, got[:4], err, b)
	}
}
