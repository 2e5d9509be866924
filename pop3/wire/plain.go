package wire

import "unsafe"

// control is the first octet above those at which plain stops: CR, LF, the zero octet, and others
// that hardly any message has, but for the tab. It is a power of two.
const control = 0x10

// A word is what plain examines at once, and wordSize its octets. In controls and highs each octet
// has one bit set: that of control, and the highest.
type word = uint

const (
	wordSize = int(unsafe.Sizeof(word(0)))
	controls = ^word(0) / 0xFF * control
	highs    = ^word(0) / 0xFF * 0x80
)

// plain returns how many octets at the beginning of b are no control octets, and whether one of
// those is above 0x7F. It is the only pass over the octets of a message that examines them. On
// 32-bit ARM, bytes.IndexByte takes five instructions an octet, and encoding/binary puts a word
// together from its octets; so this reads words itself, which must be aligned there.
func plain(b []byte) (n int, eightBit bool) {
	var seen word
	p := unsafe.Pointer(unsafe.SliceData(b))
	before := min(int(-uintptr(p)%uintptr(wordSize)), len(b))
	for i, c := range b[:before] {
		if c < control {
			return i, seen&highs != 0
		}
		seen |= word(c)
	}
	n = before
	for ; len(b)-n >= 4*wordSize; n += 4 * wordSize {
		v := (*[4]word)(unsafe.Add(p, n))
		if above(v[0])&above(v[1])&above(v[2])&above(v[3])&controls != controls {
			break
		}
		seen |= v[0] | v[1] | v[2] | v[3]
	}
	for ; len(b)-n >= wordSize; n += wordSize {
		v := *(*word)(unsafe.Add(p, n))
		if above(v)&controls != controls {
			break
		}
		seen |= v
	}
	for _, c := range b[n:] {
		if c < control {
			break
		}
		seen |= word(c)
		n++
	}
	return n, seen&highs != 0
}

// above returns a word in which the bit of control is set in each octet that is not below control
// in v: one of that bit and the three above it is set there.
func above(v word) word {
	v |= v >> 2
	return v | v>>1
}
