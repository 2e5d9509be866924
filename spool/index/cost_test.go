package index

import (
	"runtime"
	"testing"
	"unsafe"

	"pillarbox/spool/format"
)

// TestSizes: what a message takes in memory stays what cost.go says, and fits the records.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(packedEntry{}); n != 12 {
		t.Errorf("an entry has %d bytes, not 12", n)
	}
	if n := unsafe.Sizeof(run{}); n != RunBytes {
		t.Errorf("a run has %d bytes, not %d", n, RunBytes)
	}
	if most := int64(format.MaxSlotSize) / 8; most != 1<<placeBits {
		t.Errorf("offsets are up to %d, and %d fit", most, 1<<placeBits)
	}
}

// TestMemory: 100,000 messages take as much memory as they are counted for, at most.
func TestMemory(t *testing.T) {
	const n, most = 100_000, 13 // bytes each
	before := heap()
	var box Mailbox
	for i := range uint32(n) {
		box.Add(Entry{Identity: format.Identity{Epoch: 1 + i/4000, Seq: 3 * (i % 4000)}, Octets: i, Offset: i, Day: uint16(i / 50)})
	}
	took := heap() - before
	if took > most*n || box.Bytes() < took {
		t.Errorf("%d messages take %d bytes, at most %d, and count as %d", n, took, most*n, box.Bytes())
	}
	runtime.KeepAlive(&box)
}

// heap returns the bytes of all that lives.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
