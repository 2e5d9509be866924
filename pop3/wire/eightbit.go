package wire

import "encoding/binary"

// EightBit reports whether an octet of b is above 0x7F. It looks at 32 of them at a time.
func EightBit(b []byte) bool {
	const high = 0x8080808080808080
	word := binary.LittleEndian.Uint64
	for len(b) >= 32 {
		if (word(b)|word(b[8:])|word(b[16:])|word(b[24:]))&high != 0 {
			return true
		}
		b = b[32:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}
