package flash_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"pillarbox/spool/flash"
)

// TestCreateLeavesTheHeap: the zeros of many slots cost no heap, so that a first start, which makes
// them all, needs no garbage collection for them. The last write of each is shorter than the
// others.
func TestCreateLeavesTheHeap(t *testing.T) {
	vol := openRecycling(t, t.TempDir())
	const (
		slots = 8
		size  = 512<<10 + 3*flash.Page
		most  = 16 << 10 // for a slot; names and descriptors take 2 KiB
	)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for n := range slots {
		f, err := vol.Create(fmt.Sprintf("%05d", n), size)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / slots; each > most {
		t.Errorf("a slot costs %d bytes of heap, want at most %d", each, most)
	} else {
		t.Logf("a slot costs %d bytes of heap", each)
	}
	for n := range slots {
		f, err := vol.Open(fmt.Sprintf("%05d", n))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got := flash.Aligned(size)
		if _, err := f.ReadUncached(got, 0); err != nil || !bytes.Equal(got, make([]byte, size)) {
			t.Fatalf("slot %d: %v, or not zeros", n, err)
		}
	}
}
