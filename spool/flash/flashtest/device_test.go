package flashtest_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// operations are one of each kind that changes a device, on a device with the slot 00000, whose
// first page is 'a', and the small file id, which is "old".
var operations = []struct {
	name string
	do   func(d *flashtest.Device, f flash.File) error
}{
	{"create", func(d *flashtest.Device, f flash.File) error { _, err := d.Create("00001", slot); return err }},
	{"write", func(d *flashtest.Device, f flash.File) error { _, err := f.WriteAt(fill('b'), 0); return err }},
	{"sync", func(d *flashtest.Device, f flash.File) error { return f.Sync() }},
	{"remove", func(d *flashtest.Device, f flash.File) error { return d.Remove("00000") }},
	{"store", func(d *flashtest.Device, f flash.File) error { return d.Store("id", []byte("new")) }},
}

// prepare returns the device that operations need.
func prepare(t *testing.T, opt flashtest.Options) (*flashtest.Device, flash.File) {
	t.Helper()
	d := flashtest.New(opt)
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	if err := d.Store("id", []byte("old")); err != nil {
		t.Fatal(err)
	}
	return d, f
}

// states returns what all outcomes have: the first byte of each file, "-" where there is none.
func states(d *flashtest.Device, names ...string) []string {
	found := make(map[string]bool)
	for _, after := range d.Outcomes(seed, 0) {
		state := ""
		for _, name := range names {
			switch now := after.Bytes(name); {
			case now == nil:
				state += "-"
			case len(now) == 0:
				state += "0"
			case now[0] == 0:
				state += "z"
			default:
				state += string(now[:1])
			}
		}
		found[state] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestCutOperationHappensOrDoesNot(t *testing.T) {
	want := map[string][]string{ // 00000, 00001, id
		"create": {"a-o", "azo"},
		"write":  {"a-o", "b-o"},
		"sync":   {"a-o", "b-o"}, // what was written before it
		"remove": {"--o", "a-o"},
		"store":  {"a-n", "a-o"},
	}
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			d, f := prepare(t, flashtest.Options{})
			if op.name == "sync" {
				put(t, f, 0, 'b')
			}
			d.CutAt(d.Ops() + 1)
			if err := op.do(d, f); !errors.Is(err, flashtest.ErrPowerCut) {
				t.Errorf("err = %v, want ErrPowerCut", err)
			}
			if !d.Dead() {
				t.Error("the device is not dead")
			}
			got := slices.DeleteFunc(states(d, "00000", "00001", "id"), func(s string) bool {
				return strings.Trim(s, "abnoz0-") != "" // garbled
			})
			if !slices.Equal(got, want[op.name]) {
				t.Errorf("devices %q, want %q", got, want[op.name])
			}
			deadRefusesEverything(t, d, f)
		})
	}
}

func deadRefusesEverything(t *testing.T, d *flashtest.Device, f flash.File) {
	t.Helper()
	ops, before := d.Ops(), titles(d, 4)
	for _, op := range operations {
		if err := op.do(d, f); !errors.Is(err, flashtest.ErrPowerCut) {
			t.Errorf("%s after the cut: %v", op.name, err)
		}
	}
	p := flash.Aligned(flash.Page)
	_, names := d.Names()
	_, open := d.Open("00000")
	_, load := d.Load("id")
	_, free := d.Free()
	_, read := f.ReadAt(p, 0)
	_, uncached := f.ReadUncached(p, 0)
	for _, err := range []error{names, open, load, free, read, uncached} {
		if !errors.Is(err, flashtest.ErrPowerCut) {
			t.Errorf("a read after the cut: %v", err)
		}
	}
	if d.Ops() != ops || !slices.Equal(titles(d, 4), before) {
		t.Error("a dead device went on")
	}
}

func TestFolderIsFlushedByCreateAndStore(t *testing.T) {
	for _, flush := range []string{"create", "store"} {
		d, f := prepare(t, flashtest.Options{})
		if err := d.Remove("00000"); err != nil {
			t.Fatal(err)
		}
		if got := states(d, "00000"); !slices.Equal(got, []string{"-", "a"}) {
			t.Errorf("after Remove %q, want that it may be back", got)
		}
		put(t, f, 0, 'b')
		f.Sync()
		if got := states(d, "00000"); !slices.Equal(got, []string{"-", "b"}) {
			t.Errorf("written and synced through an open handle: %q", got)
		}
		for _, op := range operations {
			if op.name == flush {
				if err := op.do(d, f); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := states(d, "00000"); !slices.Equal(got, []string{"-"}) {
			t.Errorf("after Remove and %s %q, want that it is gone", flush, got)
		}
	}
}

func TestGoodStoreSettlesAFailedOne(t *testing.T) {
	d, _ := prepare(t, flashtest.Options{})
	d.FailAt(d.Ops()+1, syscall.EIO)
	if err := d.Store("id", []byte("failed")); err == nil {
		t.Fatal("the fault did not happen")
	}
	if err := d.Store("id", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := states(d, "id"); !slices.Equal(got, []string{"n"}) {
		t.Errorf("after a good Store %q, want the new content", got)
	}
}

func TestManyRemovedFilesGiveFewCombinations(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	all := strings.Fields("a b c d e f g h i j k l m n o p q r s t")
	for _, name := range all {
		create(t, d, name).Close()
	}
	for _, name := range all {
		if err := d.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	got := states(d, all...)
	none, every := strings.Repeat("-", len(all)), strings.Repeat("z", len(all))
	if len(got) != len(all)+2 || !slices.Contains(got, none) || !slices.Contains(got, every) {
		t.Errorf("%d combinations: %q", len(got), got)
	}
}

func TestStats(t *testing.T) {
	d, f := prepare(t, flashtest.Options{})
	want := flashtest.Stats{
		Writes: 1, Syncs: 1, Creates: 1, Stores: 1, Flushes: 5, Bytes: slot + 2*flash.Page, Filled: slot,
	}
	if got := d.Stats(); got != want {
		t.Errorf("after one of each: %+v, want %+v", got, want)
	}
	before := d.Stats()
	put(t, f, slot, 'b')
	write(t, f, 0, 'c')
	f.ReadAt(make([]byte, 1), 0)
	d.Remove("00000")
	d.FailAt(d.Ops()+1, syscall.EIO)
	f.Sync() // does not count: it has not flushed
	want = flashtest.Stats{Writes: 2, Syncs: 1, Removes: 1, Reads: 1, Flushes: 1, Bytes: 2 * flash.Page, Grown: flash.Page}
	if got := d.Stats().Sub(before); got != want {
		t.Errorf("two writes, one sync, one read, one remove: %+v, want %+v", got, want)
	}
	if d.Handles() != 1 {
		t.Errorf("Handles = %d, want 1", d.Handles())
	}
}

func TestCorruptionIsOnTheDeviceAndInTheCache(t *testing.T) {
	d, f := prepare(t, flashtest.Options{})
	put(t, f, flash.Page, 'b') // not synced
	d.Corrupt("00000", 5, 0x03)
	d.Corrupt("00000", flash.Page+5, 0x03)
	d.Corrupt("00000", 2*flash.Page, 0x01)
	now := d.Bytes("00000")
	if now[5] != 'a'^3 || now[flash.Page+5] != 'b'^3 || now[2*flash.Page] != 1 || now[6] != 'a' {
		t.Errorf("%q %q %q", now[5], now[flash.Page+5], now[2*flash.Page])
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	for _, after := range d.Outcomes(seed, 8) {
		now := after.Bytes("00000")
		if now[5] != 'a'^3 || now[flash.Page+5] != 'b'^3 {
			t.Errorf("came back with %q %q", now[5], now[flash.Page+5])
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a byte behind the end was corrupted")
		}
	}()
	d.Corrupt("00000", slot, 1)
}

func TestFullDevice(t *testing.T) {
	d := flashtest.New(flashtest.Options{Mode: flash.Append, Capacity: 3 * flash.Page})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	write(t, f, flash.Page, 'b')
	if free, err := d.Free(); free != flash.Page || err != nil {
		t.Errorf("Free = %d, %v, want one page", free, err)
	}
	write(t, f, 2*flash.Page, 'c')
	if n, err := f.WriteAt(fill('d'), 3*flash.Page); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("WriteAt = %d, %v, want ENOSPC", n, err)
	}
	if err := d.Store("id", []byte("x")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Store = %v, want ENOSPC", err)
	}
	write(t, f, 0, 'e') // takes no room
	d.Remove("00000")
	if free, _ := d.Free(); free != 0 {
		t.Errorf("%d bytes are free while the removed file is open", free)
	}
	f.Close()
	if free, _ := d.Free(); free != 3*flash.Page {
		t.Errorf("%d bytes are free, want all", free)
	}
	recycling := flashtest.New(flashtest.Options{Capacity: slot})
	create(t, recycling, "00000").Close()
	if _, err := recycling.Create("00001", slot); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Create = %v, want ENOSPC", err)
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	d, f := prepare(t, flashtest.Options{})
	put(t, f, 0, 'b')
	d.Remove("id")
	next := d.Clone()
	if next.Bytes("00000")[0] != 'b' || next.Bytes("id") != nil || next.Handles() != 0 || next.Ops() != d.Ops() {
		t.Error("the next process does not find what the killed one has written")
	}
	if next.Undecided() != 8 {
		t.Errorf("%d sectors in doubt, want 8: a kill is no flush", next.Undecided())
	}
	g, err := next.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Sync(); err != nil || next.Undecided() != 0 || d.Undecided() != 8 {
		t.Errorf("Sync of the next one: %v, %d in doubt; %d in the killed one's", err, next.Undecided(), d.Undecided())
	}
	if _, err := next.Load("id"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load = %v", err)
	}
}
