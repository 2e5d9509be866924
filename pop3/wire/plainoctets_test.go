package wire

import (
	"bytes"
	"testing"
)

// TestPlain puts one octet at each place among others that come close to it, at each distance from
// the beginning of a word.
func TestPlain(t *testing.T) {
	memory := make([]byte, 64)
	for _, around := range []byte{control, 'a', 0x7f} {
		for _, octet := range []byte{0, '\n', '\r', control - 1, control, 0x7f, 0x80, 0x8f, 0x90, 0xff} {
			for from := range 8 {
				for at := range 40 {
					b := append(memory[:from], bytes.Repeat([]byte{around}, 40)...)[from:]
					b[at] = octet
					want := 40
					if octet < control {
						want = at
					}
					if n, eightBit := plain(b); n != want || eightBit != (octet >= 0x80) {
						t.Errorf("%#x at %d among %#x: %d are plain, want %d; 8 bit %v", octet, at, around, n, want, eightBit)
					}
					if eightBit := EightBit(b); eightBit != (octet >= 0x80) {
						t.Errorf("%#x at %d among %#x: 8 bit %v", octet, at, around, eightBit)
					}
				}
			}
		}
	}
}

// TestPlainEnds: what follows an octet at which plain stops is not seen, and what is shorter than a
// word is.
func TestPlainEnds(t *testing.T) {
	for _, tt := range []struct {
		b        string
		n        int
		eightBit bool
	}{
		{"", 0, false}, {"\n", 0, false}, {"a", 1, false}, {"\xff", 1, true}, {"\n\xff", 0, false},
		{"abc\n\xff\xff\xff\xff\xff\xff\xff", 3, false}, {"abcdefghijklmnopq\r\xff", 17, false},
		{"\xffbc\n", 3, true}, {"a\n\xff\xff", 1, false},
	} {
		if n, eightBit := plain([]byte(tt.b)); n != tt.n || eightBit != tt.eightBit {
			t.Errorf("%q: %d, 8 bit %v; want %d, %v", tt.b, n, eightBit, tt.n, tt.eightBit)
		}
		if got, want := EightBit([]byte(tt.b)), bytes.ContainsFunc([]byte(tt.b), func(r rune) bool { return r >= 0x80 }); got != want {
			t.Errorf("%q: EightBit is %v", tt.b, got)
		}
	}
}

// TestLines puts a line of each length between two others, with an octet of interest in it.
func TestLines(t *testing.T) {
	const before, after = "0123456789abcdefghi\r\n", "0123456789\r\nabc"
	for from := range 8 {
		for length := range 45 {
			for _, octet := range []byte{'a', '.', '\t', 0, '\r', '\n', 0x7f, 0x80, 0xff} {
				for at := range length {
					line := bytes.Repeat([]byte{'x'}, length)
					line[at] = octet
					b := append(make([]byte, from, 128), before...)
					b = append(append(append(b, line...), "\r\n"...), after...)[from:]
					want, longest := len(before)+length+2+len("0123456789\r\n"), max(len(before)-2, length)
					if octet < control || at == 0 && octet == '.' {
						want, longest = len(before), len(before)-2
					}
					n, l, eightBit := lines(b)
					if n != want || l != longest || eightBit != (octet >= 0x80) {
						t.Errorf("%q: %d octets, the longest line has %d, 8 bit %v; want %d, %d", b, n, l, eightBit, want, longest)
					}
				}
			}
		}
	}
}
