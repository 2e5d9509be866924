package wire

import "unsafe"

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

// Octets below control need a closer look: CR, LF, the zero octet, the tab, and others that are
// rare. control is a power of two.
const control = 0x10

// A word is what is examined at once, and wordSize its octets. In controls and highs each octet has
// one bit set: that of control, and the highest.
//
// On 32-bit ARM, bytes.IndexByte takes five instructions an octet, and encoding/binary puts a word
// together from its octets; so words are read as they are, where they are aligned.
type word = uint

const (
	wordSize = int(unsafe.Sizeof(word(0)))
	controls = ^word(0) / 0xFF * control
	highs    = ^word(0) / 0xFF * 0x80
)

// above returns a word in which the bit of control is set in each octet that is not below control
// in v: one of that bit and the three above it is set there.
func above(v word) word {
	v |= v >> 2
	return v | v>>1
}

// plain returns how many octets at the beginning of b are no control octets, and whether one of
// those is above 0x7F.
func plain(b []byte) (n int, eightBit bool) {
	var seen word
	p := unsafe.Pointer(unsafe.SliceData(b))
	for n < len(b) && b[n] >= control {
		if (uintptr(p)+uintptr(n))%uintptr(wordSize) == 0 {
			for ; len(b)-n >= wordSize; n += wordSize {
				v := *(*word)(unsafe.Add(p, n))
				if above(v)&controls != controls {
					break
				}
				seen |= v
			}
			if n == len(b) || b[n] < control {
				break
			}
		}
		seen |= word(b[n])
		n++
	}
	return n, seen&highs != 0
}

// lines returns how many octets at the beginning of b are whole lines that end in CRLF, begin with
// no dot and have no other control octets; how long the longest one is, without its CRLF; and
// whether an octet is above 0x7F, of these lines or of the next one. It is the only pass over most
// of a message. It does what plain does, for all lines in one call and for four words at once.
func lines(b []byte) (n, longest int, eightBit bool) {
	var seen word
	p := unsafe.Pointer(unsafe.SliceData(b))
	for n < len(b) && b[n] != '.' {
		i := n
		for i < len(b) && b[i] >= control && (uintptr(p)+uintptr(i))%uintptr(wordSize) != 0 {
			seen |= word(b[i])
			i++
		}
		if i < len(b) && b[i] >= control { // aligned
			for ; len(b)-i >= 4*wordSize; i += 4 * wordSize {
				v := (*[4]word)(unsafe.Add(p, i))
				if above(v[0])&above(v[1])&above(v[2])&above(v[3])&controls != controls {
					break
				}
				seen |= v[0] | v[1] | v[2] | v[3]
			}
			for ; len(b)-i >= wordSize; i += wordSize {
				v := *(*word)(unsafe.Add(p, i))
				if above(v)&controls != controls {
					break
				}
				seen |= v
			}
		}
		for i < len(b) && b[i] >= control {
			seen |= word(b[i])
			i++
		}
		if len(b)-i < 2 || b[i] != '\r' || b[i+1] != '\n' {
			break
		}
		longest = max(longest, i-n)
		n = i + 2
	}
	return n, longest, seen&highs != 0
}
