package format

import (
	"hash/crc32"
	"unsafe"
)

// tables are indexed by position and byte: table k has what a byte contributes to a checksum if k
// bytes of its word follow it. All four take 4 KiB, which leaves most of a small first-level cache
// to the mail.
type tables [4][256]uint32

func makeTables() *tables {
	t := new(tables)
	for b := range t[0] {
		sum := Castagnoli[b]
		for k := range t {
			t[k][b] = sum
			sum = Castagnoli[sum&0xFF] ^ sum>>8
		}
	}
	return t
}

// A block is what is summed at a time, as words of 32 bits, little endian.
type block [4]uint32

const blockSize = int(unsafe.Sizeof(block{}))

// update continues a checksum over p. It reads whole words, which are aligned: what is before and
// behind them is left to hash/crc32.
func (t *tables) update(sum uint32, p []byte) uint32 {
	before := min(int(-uintptr(unsafe.Pointer(unsafe.SliceData(p)))%4), len(p))
	sum = crc32.Update(sum, Castagnoli, p[:before])
	p = p[before:]
	whole := len(p) / blockSize * blockSize
	if whole > 0 {
		sum = ^t.blocks(^sum, unsafe.Pointer(&p[0]), whole)
	}
	return crc32.Update(sum, Castagnoli, p[whole:])
}

// blocks continues a checksum, inverted, over n bytes, which are whole blocks. The tables are an
// argument: if their address were known, the compiler would load it again for each block.
func (t *tables) blocks(sum uint32, p unsafe.Pointer, n int) uint32 {
	t0, t1, t2, t3 := &t[0], &t[1], &t[2], &t[3]
	for i := 0; i < n; i += blockSize {
		b := (*block)(unsafe.Add(p, i))
		// Two shifts that leave one byte are one instruction.
		s := sum ^ b[0]
		s = t3[s<<24>>24] ^ t2[s<<16>>24] ^ t1[s<<8>>24] ^ t0[s>>24] ^ b[1]
		s = t3[s<<24>>24] ^ t2[s<<16>>24] ^ t1[s<<8>>24] ^ t0[s>>24] ^ b[2]
		s = t3[s<<24>>24] ^ t2[s<<16>>24] ^ t1[s<<8>>24] ^ t0[s>>24] ^ b[3]
		sum = t3[s<<24>>24] ^ t2[s<<16>>24] ^ t1[s<<8>>24] ^ t0[s>>24]
	}
	return sum
}
