package wire

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
	for {
		n, eightBit := plain(b)
		if eightBit || n == len(b) {
			return eightBit
		}
		b = b[n+1:]
	}
}
