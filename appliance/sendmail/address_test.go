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
		{"an encoded name", "=?UTF-8?Q?J=C3=B6rg?= <anna@home.arpa>", "anna@home.arpa"},
		{"a name after the address", "<anna@home.arpa> Anna", "anna@home.arpa"},
		{"a comment", "anna@home.arpa (Anna, at home), root (x (y) \\) z)", "anna@home.arpa|root"},
		{"a comment first", "(Cron Daemon) root", "root"},
		{"a comment as the name", `"(Cron Daemon)" <root>`, "root"},
		{"a comment inside", "anna(Anna)@home.arpa", "anna@home.arpa"},
		{"a quoted local part", `"anna b"@home.arpa`, `"anna b"@home.arpa`},
		{"a quoted local part with quotes", `"a\" b\\"@home.arpa`, `"a\" b\\"@home.arpa`},
		{"a quoted local part in brackets", `x <"a,b>c"@home.arpa>`, `"a,b>c"@home.arpa`},
		{"a group", "Family: anna, Bert <bert>; root", "anna|bert|root"},
		{"a quoted group", `"The: family": anna, bert;, root`, "anna|bert|root"},
		{"a group not closed", "Family: anna, bert", "anna|bert"},
		{"an empty group", "undisclosed-recipients:;", ""},
		{"nothing", "", ""},
		{"empty brackets", "<>", ""},
		{"IPv6", "root@[IPv6:::1]", "root@[IPv6:::1]"},
		{"IPv6 in brackets", "<root@[IPv6:::1]>", "root@[IPv6:::1]"},
		{"UTF-8", "jörg@home.arpa", "jörg@home.arpa"},
		{"smartd's list", "root anna@home.arpa\tbert", "root|anna@home.arpa|bert"},
		{"a list of Windows programs", "anna@home.arpa; bert@home.arpa;", "anna@home.arpa|bert@home.arpa"},
		{"a comma is missing", "Anna <anna> Bert <bert>", "anna|bert"},
		{"blanks around the at sign", "anna @ home.arpa, <bert @home.arpa>", "anna@home.arpa|bert@home.arpa"},
		{"a route", "<@a,@b:anna@home.arpa>", "@a,@b:anna@home.arpa"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := addresses(tt.text)
			if len(bad) > 0 || strings.Join(got, "|") != tt.want {
				t.Errorf("addresses(%q) = %q, %v; want %q", tt.text, got, bad, tt.want)
			}
		})
	}
}

// TestBadAddresses: what is not an address is reported, and what surrounds it is found.
func TestBadAddresses(t *testing.T) {
	for _, tt := range []struct{ text, want, says string }{
		{`anna, "bert, carla`, "anna|carla", `"\"bert": Bad address syntax: a quote or bracket is not closed`},
		{"<anna, bert", "bert", `"<anna"`},
		{"anna (x, bert", "bert", `"anna (x"`},
		{"anna@[::1, bert", "bert", `"anna@[::1"`},
		{`"anna`, "", "not closed"},
		{"<anna bert>, carla", "carla", `"<anna bert>": Bad address syntax: there are blanks`},
		{"a\x00b, carla", "carla", "control character"},
		{"anna\r\nRCPT, bert", "bert", "control character"},
		{"<a<b>, carla", "carla", "bracket"},
		{"a>b, carla", "carla", "bracket"},
		{"anna@home.arpa:25, bert", "bert", `"anna@home.arpa:25": Bad address syntax: a colon`},
		{"<anna>: carla, bert", "bert", "a colon"},
		{strings.Repeat("x", 255) + ", bert", "bert", "too long"},
	} {
		got, bad := addresses(tt.text)
		if len(bad) != 1 || strings.Join(got, "|") != tt.want || !strings.Contains(bad[0].Error(), tt.says) {
			t.Errorf("addresses(%q) = %q, %v; want %q and %q", tt.text, got, bad, tt.want, tt.says)
		}
	}
	// However many there are, each is reported: alone, or together with the rest of the text.
	if got, bad := addresses(strings.Repeat("(,", 5*mostUnclosed) + "anna"); len(got) != 0 || len(bad) != mostUnclosed+1 {
		t.Errorf("got %d addresses and %d errors", len(got), len(bad))
	}
}

// FuzzAddresses: what is found can be sent in a command, whatever a header holds, and nothing
// disappears: text that is not blank gives an address or an error, unless it has only comments,
// groups and display names.
func FuzzAddresses(f *testing.F) {
	f.Add(`"Bell, Anna" <anna@home.arpa>, root (x), G: a, b;`)
	f.Add(`"a\" b"@c, <d`)
	f.Add(`a@["> NOTIFY=NEVER x"], "b\\"> x`)
	f.Fuzz(func(t *testing.T, text string) {
		found, bad := addresses(text)
		for _, address := range found {
			if why := wrongWith(address); address == "" || why != "" || strings.ContainsAny(address, "\r\n\x00\t") {
				t.Errorf("%q gives %q: %s", text, address, why)
			}
		}
		if len(found)+len(bad) == 0 && strings.Trim(text, " \t,;") != "" && !strings.ContainsAny(text, "(:<") {
			t.Errorf("nothing is left of %q", text)
		}
	})
}
