package flashtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

const seed = 7

func TestSyncedBytesAreOnEveryDevice(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	put(t, f, flash.Page, 'b')
	for title, after := range d.Outcomes(seed, 8) {
		if !bytes.Equal(after.Bytes("00000")[:flash.Page], fill('a')) {
			t.Errorf("%s: a synced page is gone", title)
		}
	}
}

func TestUnchangedSectorsAreNotInDoubt(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	p := flash.Aligned(flash.Page)
	p[0], p[600] = 'x', 'y' // two of eight; the others are zeros over zeros
	if _, err := f.WriteAt(p, 0); err != nil {
		t.Fatal(err)
	}
	if got := d.Undecided(); got != 2 {
		t.Errorf("Undecided = %d, want 2", got)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := titles(d, 8); d.Undecided() != 0 || !slices.Equal(got, []string{"as written"}) {
		t.Errorf("after Sync: %d in doubt, outcomes %q", d.Undecided(), got)
	}
}

func TestFailedSyncIsNeverMadeGood(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	put(t, f, 0, 'b')
	d.FailAt(d.Ops()+1, syscall.EIO)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Sync = %v, want EIO", err)
	}
	expect(t, f, 0, 'b') // the page cache lies
	got := flash.Aligned(flash.Page)
	if _, err := f.ReadUncached(got, 0); err != nil || !bytes.Equal(got, fill('a')) {
		t.Errorf("the device has %q..., %v", got[:4], err)
	}
	write(t, f, flash.Page, 'c') // and the next Sync says that all is well
	found := make(map[byte]bool)
	for title, after := range d.Outcomes(seed, 8) {
		now := after.Bytes("00000")
		found[now[0]] = true
		if !bytes.Equal(now[flash.Page:2*flash.Page], fill('c')) {
			t.Errorf("%s: what was synced afterwards is gone", title)
		}
	}
	if !found['a'] || !found['b'] {
		t.Errorf("after a failed Sync a page may be old or new, found %v", found)
	}
	write(t, f, 0, 'd')
	if got := titles(d, 8); !slices.Equal(got, []string{"as written"}) {
		t.Errorf("written again and synced: %q", got)
	}
}

func TestFailedWriteStaysInDoubt(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	d.FailAt(d.Ops()+1, syscall.EIO)
	if n, err := f.WriteAt(fill('b'), 0); n != 0 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("WriteAt = %d, %v", n, err)
	}
	expect(t, f, 0, 'a')
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := d.Undecided(); got != 8 {
		t.Errorf("a good Sync has settled a failed write: %d sectors in doubt", got)
	}
	put(t, f, 0, 'c') // synced after all, but the failed one is older
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := d.Undecided(); got != 0 {
		t.Errorf("%d sectors in doubt under a synced page", got)
	}
}

func TestFailedWriteOverDirtyPageOutlivesItsSync(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	put(t, f, 0, 'a')
	d.FailAt(d.Ops()+1, syscall.EIO)
	if _, err := f.WriteAt(fill('b'), 0); err == nil {
		t.Fatal("the fault did not happen")
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	found := make(map[byte]bool)
	for _, after := range d.Outcomes(seed, 8) {
		found[after.Bytes("00000")[0]] = true
	}
	if found[0] || !found['a'] || !found['b'] {
		t.Errorf("found %v, want the synced 'a' and the failed 'b', never zeros", found)
	}
}

func TestGrownFileComesBackWithAnySize(t *testing.T) {
	d := flashtest.New(flashtest.Options{Mode: flash.Append})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	put(t, f, flash.Page, 'b')
	put(t, f, 2*flash.Page, 'c')
	found := make(map[int]bool)
	holes := false
	for title, after := range d.Outcomes(seed, 8) {
		now := after.Bytes("00000")
		found[len(now)] = true
		if len(now) < flash.Page || !bytes.Equal(now[:flash.Page], fill('a')) {
			t.Fatalf("%s: synced bytes are gone, %d are left", title, len(now))
		}
		holes = holes || len(now) == 3*flash.Page &&
			bytes.Equal(now[flash.Page:2*flash.Page], fill(0)) && bytes.Equal(now[2*flash.Page:], fill('c'))
	}
	for _, want := range []int{flash.Page, 2 * flash.Page, 3 * flash.Page, flash.Page + 512, 2*flash.Page + 1024} {
		if !found[want] {
			t.Errorf("no device with %d bytes", want)
		}
	}
	if !holes {
		t.Error("no device with zeros where a page was dropped before the end")
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := titles(d, 8); !slices.Equal(got, []string{"as written"}) {
		t.Errorf("after Sync: %q", got)
	}
}

func TestZerosThatGrewAFileMayBeMissing(t *testing.T) {
	d := flashtest.New(flashtest.Options{Mode: flash.Append})
	f := create(t, d, "00000")
	put(t, f, 0, 0)
	sizes := make(map[int]bool)
	for _, after := range d.Outcomes(seed, 8) {
		sizes[len(after.Bytes("00000"))] = true
	}
	if !sizes[0] || !sizes[flash.Page] {
		t.Errorf("sizes %v, want 0 and %d", sizes, flash.Page)
	}
}

func TestSameSeedSameDevices(t *testing.T) {
	list := func(seed uint64) string {
		d := flashtest.New(flashtest.Options{})
		f, g := create(t, d, "00000"), create(t, d, "00001")
		put(t, f, 0, 'a')
		put(t, g, 0, 'b')
		var all strings.Builder
		for title, after := range d.Outcomes(seed, 4) {
			fmt.Fprintf(&all, "%s %x %x\n", title, after.Bytes("00000")[:flash.Page], after.Bytes("00001")[:flash.Page])
		}
		return all.String()
	}
	if once, again := list(1), list(1); once != again {
		t.Error("the same seed gave different devices")
	}
	if list(1) == list(2) {
		t.Error("different seeds gave the same devices")
	}
}

func TestDevicesAreIndependent(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	put(t, f, flash.Page, 'b')
	var devices []*flashtest.Device
	for _, after := range d.Outcomes(seed, 2) {
		devices = append(devices, after)
		write(t, f, 0, 'x') // the parent goes on while its outcomes are made
	}
	devices = append(devices, d.Clone())
	write(t, f, 0, 'z')
	first := devices[0]
	g, err := first.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	write(t, g, 0, 'y')
	h, err := first.Clone().Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	write(t, h, 0, 'w')
	if first.Bytes("00000")[0] != 'y' || d.Bytes("00000")[0] != 'z' {
		t.Errorf("%q and %q, want 'y' and 'z'", first.Bytes("00000")[0], d.Bytes("00000")[0])
	}
	last := len(devices) - 1
	if got := devices[last].Bytes("00000")[0]; got != 'x' {
		t.Errorf("the clone has %q, want what was there when it was made, 'x'", got)
	}
	for i, after := range devices[1:last] {
		if got := after.Bytes("00000")[0]; got != 'a' {
			t.Errorf("device %d has %q, want 'a'", i+1, got)
		}
	}
	if first.Ops() != 2 || first.Stats().Writes != 1 {
		t.Errorf("a fresh device counts from 0: %d operations, %+v", first.Ops(), first.Stats())
	}
}

func TestStopOfTheIterationIsHeard(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	put(t, f, 0, 'a')
	total := len(titles(d, 8))
	for stop := 1; stop <= total; stop += 5 {
		n := 0
		for range d.Outcomes(seed, 8) {
			if n++; n == stop {
				break
			}
		}
	}
}

// titles returns the names of all outcomes.
func titles(d *flashtest.Device, limit int) []string {
	var all []string
	for title := range d.Outcomes(seed, limit) {
		all = append(all, title)
	}
	return all
}

func BenchmarkOutcomes(b *testing.B) {
	d := flashtest.New(flashtest.Options{})
	for i := range 4 {
		f, err := d.Create(fmt.Sprintf("%05d", i), slot)
		if err != nil {
			b.Fatal(err)
		}
		f.WriteAt(fill('a'), 0)
		f.Sync()
		f.WriteAt(fill('b'), flash.Page)
		if i < 3 {
			f.Sync()
		}
	}
	n := 0
	for b.Loop() {
		for range d.Outcomes(seed, 10) {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "devices/s")
}
