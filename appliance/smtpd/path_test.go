package smtpd

import (
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	long := strings.Repeat("x", 64)
	domain := strings.Repeat(strings.Repeat("d", 49)+".", 5)[:249]
	tests := []struct {
		name, in string
		want     Path
		rest     string
	}{
		{"usual", "<anna@home.arpa>", Path{"anna", "home.arpa"}, ""},
		{"with what follows", "<anna@home.arpa> SIZE=1", Path{"anna", "home.arpa"}, " SIZE=1"},
		{"null", "<>", Path{}, ""},
		{"bare name", "<root>", Path{"root", ""}, ""},
		{"no brackets", "root SIZE=1", Path{"root", ""}, " SIZE=1"},
		{"no brackets, with a domain", "  anna@home.arpa", Path{"anna", "home.arpa"}, ""},
		{"spaces before", "   <anna@home.arpa>", Path{"anna", "home.arpa"}, ""},
		{"letter case is kept", "<Anna@Home.ARPA>", Path{"Anna", "Home.ARPA"}, ""},
		{"plus", "<anna+list@home.arpa>", Path{"anna+list", "home.arpa"}, ""},
		{"all of atext", "<!#$%&'*+-/=?^_`{|}~@a>", Path{"!#$%&'*+-/=?^_`{|}~", "a"}, ""},
		{"dots anywhere", "<.a..b.@home.arpa>", Path{".a..b.", "home.arpa"}, ""},
		{"quoted", `<"anna b"@home.arpa>`, Path{"anna b", "home.arpa"}, ""},
		{"quoted without need", `<"anna"@home.arpa>`, Path{"anna", "home.arpa"}, ""},
		{"quoted specials", `<"a>\"\\@b"@home.arpa> X`, Path{`a>"\@b`, "home.arpa"}, " X"},
		{"quoted bare name", `<"anna b">`, Path{"anna b", ""}, ""},
		{"source route", "<@one.example,@two.example:anna@home.arpa>", Path{"anna", "home.arpa"}, ""},
		{"IPv4 literal", "<anna@[192.0.2.1]>", Path{"anna", "[192.0.2.1]"}, ""},
		{"IPv6 literal", "<anna@[IPv6:2001:db8::1]>", Path{"anna", "[IPv6:2001:db8::1]"}, ""},
		{"UTF-8", "<jörg@exämple.org>", Path{"jörg", "exämple.org"}, ""},
		{"underscore", "<a@my_host>", Path{"a", "my_host"}, ""},
		{"256 octets", "<" + long[:4] + "@" + domain + ">", Path{long[:4], domain}, ""},
		{"long local part", "<" + long + long + "@a>", Path{long + long, "a"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, rest, ok := parsePath([]byte(tt.in))
			if !ok || p != tt.want || string(rest) != tt.rest {
				t.Errorf("parsePath(%q) = %+v, %q, %v; want %+v, %q", tt.in, p, rest, ok, tt.want, tt.rest)
			}
		})
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "<", ">", "< >", "<@>", "<@home.arpa>", "<anna@>", "<anna@home.arpa", "anna@home.arpa>",
		"<anna@@home.arpa>", "<anna@home..arpa>", "<anna@.arpa>", "<anna@arpa.>", "<anna@-a>", "<anna@a->",
		"<an na@home.arpa>", "<anna@home arpa>", "<anna@home.arpa >", "<an\tna>", "<an\x7fna>", "<an\rna>",
		`<"anna@home.arpa>`, `<"anna"x@home.arpa>`, `<"an` + "\n" + `na">`, `<""@home.arpa>`, `<"\`,
		"<anna@[192.0.2]>", "<anna@[192.0.2.1>", "<anna@[]>", "<anna@[IPv6:]>", "<anna@[IPv6:192.0.2.1]>",
		"<anna@[IPv6:fe80::1%eth0]>", "<anna@[2001:db8::1]>", "<anna@[x:y]>", "<anna@home.arpa\">",
		"<@one.example:>", "<@one.example>", "<a(comment)@home.arpa>", "<a@b>c", "<\xff@home.arpa>",
		"<" + strings.Repeat("x", 255) + ">", strings.Repeat("x", 255), "<a@" + strings.Repeat("d", 256) + ">",
	} {
		if p, rest, ok := parsePath([]byte(in)); ok && len(rest) == 0 {
			t.Errorf("parsePath(%q) = %+v", in, p)
		}
	}
}

func TestPathString(t *testing.T) {
	for _, tt := range []struct {
		path Path
		want string
	}{
		{Path{}, ""},
		{Path{"root", ""}, "root"},
		{Path{"anna", "home.arpa"}, "anna@home.arpa"},
		{Path{"anna b", "home.arpa"}, `"anna b"@home.arpa`},
		{Path{`a"\`, "home.arpa"}, `"a\"\\"@home.arpa`},
	} {
		if got := tt.path.String(); got != tt.want {
			t.Errorf("%+v is written %q, want %q", tt.path, got, tt.want)
		}
	}
}

// FuzzParsePath: a parsed path is valid in a header, and parses again to the same path.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"<anna@home.arpa> SIZE=1", `<"a>\"b"@[IPv6:::1]>`, "<@a,@b:c@d>", "root x", "<>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, rest, ok := parsePath(in)
		if !ok {
			return
		}
		if len(rest) > len(in) || string(in[len(in)-len(rest):]) != string(rest) {
			t.Fatalf("what follows %q is not %q", in, rest)
		}
		text := p.String()
		for i := range len(text) {
			if text[i] < ' ' || text[i] == 0x7F {
				t.Fatalf("%q is written %q", in, text)
			}
		}
		if len("<"+text+">") > maxPath {
			return // quotes may make it longer than the limit
		}
		if again, rest, ok := parsePath([]byte("<" + text + ">")); !ok || again != p || len(rest) > 0 {
			t.Fatalf("%q is written %q, which is %+v, %v", in, text, again, ok)
		}
	})
}
