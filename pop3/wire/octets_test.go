package wire

import (
	"strings"
	"testing"
)

func TestEqualFold(t *testing.T) {
	for _, tt := range []struct {
		name, b, word string
		want          bool
	}{
		{"the same", "QUIT", "QUIT", true},
		{"lower case", "quit", "QUIT", true},
		{"both in lower case", "en", "en", true},
		{"mixed case with digits", "sCrAm-ShA-256", "SCRAM-SHA-256", true},
		{"empty", "", "", true},
		{"shorter", "QUI", "QUIT", false},
		{"longer", "QUITS", "QUIT", false},
		{"another letter", "QUIS", "QUIT", false},
		{"KELVIN SIGN", "\u212a", "K", false},
		{"KELVIN SIGN, in as many octets", "\u212a", "K\x00\x00", false},
		{"octet below a", "`", "@", false},
		{"octet above z", "{", "[", false},
		{"high bit", "\xd1", "Q", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := EqualFold([]byte(tt.b), tt.word); got != tt.want {
				t.Errorf("EqualFold(%q, %q) = %v, want %v", tt.b, tt.word, got, tt.want)
			}
		})
	}
}

// EqualFold agrees with the standard library on ASCII, and takes other octets as they are.
func FuzzEqualFold(f *testing.F) {
	f.Add([]byte("Quit"), "QUIT")
	f.Add([]byte("\u212a"), "K")
	f.Fuzz(func(t *testing.T, b []byte, word string) {
		ascii := strings.Map(func(r rune) rune {
			if r >= 0x80 {
				return 'x'
			}
			return r
		}, string(b))
		if !EqualFold([]byte(ascii), strings.ToUpper(ascii)) || !EqualFold([]byte(ascii), strings.ToLower(ascii)) {
			t.Errorf("%q is not equal to itself in another case", ascii)
		}
		got := EqualFold(b, word)
		if want := strings.EqualFold(ascii, word); got != want && ascii == string(b) && isASCII(word) {
			t.Errorf("EqualFold(%q, %q) = %v, want %v", b, word, got, want)
		}
		if got && len(b) != len(word) {
			t.Errorf("EqualFold(%q, %q) = true", b, word)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
