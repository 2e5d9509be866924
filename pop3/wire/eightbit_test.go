package wire

import (
	"bytes"
	"testing"
)

// TestUnusual puts one octet at each place among others that come close to it.
func TestUnusual(t *testing.T) {
	for _, around := range []byte{1, 'a', 0x7f} {
		for _, octet := range []byte{0, 1, 0x7f, 0x80, 0x81, 0xff} {
			for at := range 40 {
				b := bytes.Repeat([]byte{around}, 40)
				b[at] = octet
				if nul, eightBit := unusual(b); nul != (octet == 0) || eightBit != (octet >= 0x80) {
					t.Errorf("%#x at %d among %#x: NUL %v, 8 bit %v", octet, at, around, nul, eightBit)
				}
			}
		}
	}
	if nul, eightBit := unusual(nil); nul || eightBit {
		t.Errorf("nothing: NUL %v, 8 bit %v", nul, eightBit)
	}
}
