package config

import (
	"strings"
	"testing"
)

func TestAliasNames(t *testing.T) {
	for _, tt := range []struct {
		name, alias string
		want        bool
	}{
		{"small letters and what accounts may have", "a.b-c_d9", true},
		{"a plus", "anna+shop", true},
		{"64 octets", strings.Repeat("a", 64), true},
		{"65 octets", strings.Repeat("a", 65), false},
		{"none", "", false},
		{"letters beyond ASCII", "jörg", true},
		{"other scripts", "информация", true},
		{"a mark behind its letter", "jo\u0308rg", true},
		{"65 octets of fewer letters", strings.Repeat("ö", 33), false},
		{"a capital that was not folded", "Anna", false},
		{"a space", "anna b", false},
		{"a space beyond ASCII", "anna\u00a0b", false},
		{"a control character beyond ASCII", "anna\u0085b", false},
		{"no UTF-8", "j\xf6rg", false},
		{"an address", "anna@home.arpa", false},
	} {
		if got := aliasName(tt.alias); got != tt.want {
			t.Errorf("%s: aliasName(%q) is %v", tt.name, tt.alias, got)
		}
	}
}
