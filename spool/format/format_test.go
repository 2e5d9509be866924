package format

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// TestSeed: the seed is the checksum of the spool's identity and the number of the segment.
func TestSeed(t *testing.T) {
	f := &Format{ID: [16]byte{1, 2, 3, 15: 16}}
	for _, segment := range []uint64{0, 1, 255, 256, 0x0123456789abcdef, 1<<64 - 1} {
		want := crc32.Checksum(binary.LittleEndian.AppendUint64(f.ID[:], segment), Castagnoli)
		if got := f.Seed(segment); got != want {
			t.Errorf("the seed of segment %x is %08x, want %08x", segment, got, want)
		}
	}
}
