package format

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// TestUpdateSum compares the checksum with hash/crc32, at each distance from the beginning of a
// word, whole and in two parts: that of this processor, and the one that reads words.
func TestUpdateSum(t *testing.T) {
	t.Run("processor", func(t *testing.T) { testUpdateSum(t, UpdateSum) })
	t.Run("words", func(t *testing.T) {
		if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
			t.Skip("for little-endian processors")
		}
		testUpdateSum(t, makeTables().update)
	})
}

func testUpdateSum(t *testing.T, update func(sum uint32, p []byte) uint32) {
	random := rand.New(rand.NewPCG(1, 2))
	memory := make([]byte, 300)
	for i := range memory {
		memory[i] = byte(random.Uint32())
	}
	for from := range 8 {
		for length := range 100 {
			p, seed := memory[from:from+length], random.Uint32()
			want := crc32.Update(seed, Castagnoli, p)
			if got := update(seed, p); got != want {
				t.Errorf("%d bytes at %d: %#x, want %#x", length, from, got, want)
			}
			cut := random.IntN(length + 1)
			if got := update(update(seed, p[:cut]), p[cut:]); got != want {
				t.Errorf("%d and %d bytes at %d: %#x, want %#x", cut, length-cut, from, got, want)
			}
		}
	}
}

// BenchmarkUpdateSum is the checksum of a message.
func BenchmarkUpdateSum(b *testing.B) {
	for _, size := range []int{4 << 10, 256 << 10} {
		p := make([]byte, size)
		b.Run(fmt.Sprint(size>>10, "KiB"), func(b *testing.B) {
			b.SetBytes(int64(size))
			sum := uint32(0)
			for b.Loop() {
				sum = UpdateSum(sum, p)
			}
		})
	}
}
