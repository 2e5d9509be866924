package wire

import "encoding/binary"

// EqualFold reports whether b and word are equal if the case of ASCII letters is ignored. No other
// octets are folded: bytes.EqualFold also takes U+212A (KELVIN SIGN) for a K.
func EqualFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		// The cases of a letter differ in one bit, but so do other octets.
		if w := word[i]; c != w && (c^w != 'a'-'A' || upper(c) != upper(w)) {
			return false
		}
	}
	return true
}

// upper returns c in upper case if it is an ASCII letter, else c.
func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

// EightBit reports whether an octet of b is above 0x7F.
func EightBit(b []byte) bool {
	_, eightBit := unusual(b)
	return eightBit
}

// unusual reports whether an octet of b is 0, and whether one is above 0x7F. It reads 16 of them
// at a time: on 32-bit ARM, bytes.IndexByte reads them one by one.
func unusual(b []byte) (nul, eightBit bool) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	le := binary.LittleEndian // not one of its methods: that would be called, not inlined
	// v-low borrows into a high bit that is not set in v where an octet of v is 0, and not
	// otherwise.
	var set, borrowed uint64
	for len(b) >= 16 {
		v, w := le.Uint64(b), le.Uint64(b[8:])
		set |= v | w
		borrowed |= (v-low)&^v | (w-low)&^w
		b = b[16:]
	}
	for _, c := range b {
		nul = nul || c == 0
		set |= uint64(c)
	}
	return nul || borrowed&high != 0, set&high != 0
}
