package sendmail

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a bare name", "root", "root"},
		{"an address", " anna@home.arpa ", "anna@home.arpa"},
		{"some", "anna, bert@home.arpa,root", "anna|bert@home.arpa|root"},
		{"empty ones between", ",anna,, ,bert,", "anna|bert"},
		{"with a name", "Anna Bell <anna@home.arpa>", "anna@home.arpa"},
		{"a name with a comma", `"Bell, Anna" <anna@home.arpa>, root`, "anna@home.arpa|root"},
		{"a name with a quote", `"Anna \"B\", C" <anna>`, "anna"},
		{"a comment", "anna@home.arpa (Anna, at home), root (x (y) \\) z)", "anna@home.arpa|root"},
		{"a quoted local part", `"anna b"@home.arpa`, `"anna b"@home.arpa`},
		{"a quoted local part in brackets", `x <"a,b>c"@home.arpa>`, `"a,b>c"@home.arpa`},
		{"a group", "Family: anna, Bert <bert>; root", "anna|bert|root"},
		{"an empty group", "undisclosed-recipients:;", ""},
		{"nothing", "", ""},
		{"empty brackets", "<>", ""},
		{"IPv6", "root@[IPv6:::1]", "root@[IPv6:::1]"},
		{"IPv6 in brackets", "<root@[IPv6:::1]>", "root@[IPv6:::1]"},
		{"UTF-8", "jörg@home.arpa", "jörg@home.arpa"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := addresses(tt.text)
			if err != nil || strings.Join(got, "|") != tt.want {
				t.Errorf("addresses(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestAddressesRefuses(t *testing.T) {
	for _, text := range []string{
		"anna bert", `"anna`, "<anna", "anna (x", "<anna bert>", "anna\r\nRCPT bert", "anna@[::1", "a\x00b", "<a<b>", "a>b",
		strings.Repeat("x", 255),
	} {
		if got, err := addresses(text); err == nil {
			t.Errorf("addresses(%q) = %q", text, got)
		}
	}
}

// FuzzAddresses: what comes out can be said in a command, whatever a header holds.
func FuzzAddresses(f *testing.F) {
	f.Add(`"Bell, Anna" <anna@home.arpa>, root (x), G: a, b;`)
	f.Add(`"a\" b"@c, <d`)
	f.Fuzz(func(t *testing.T, text string) {
		found, err := addresses(text)
		if err != nil {
			return
		}
		for _, address := range found {
			if address == "" || len(address) > longestAddress || strings.ContainsAny(address, "\r\n\x00\t") {
				t.Errorf("%q gives %q", text, address)
			}
		}
	})
}
