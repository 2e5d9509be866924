package smtpd

import (
	"testing"
	"unicode/utf8"
)

// FuzzCommandLine: no argument makes a parser return more than it was given, or an invalid size.
func FuzzCommandLine(f *testing.F) {
	for _, s := range []string{" SIZE=1 BODY=7BIT", " SMTPUTF8 AUTH=<>", "12 LAST", "0", " RET=FULL ENVID=a+2Bb", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c", " ORCPT=utf-8;j\xc3\xb6rg", " SIZE=99999999999999999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if p, err := parseMailParameters(in, true); p.size < 0 || !printable(p.envID, false) {
			t.Errorf("size %d, envelope id %q, %v", p.size, p.envID, err)
		}
		if p, err := parseRcptParameters(in, true, true); !printable(p.original, true) || err != nil && p.original != "" {
			t.Errorf("original recipient %q, %v", p.original, err)
		}
		if size, _, err := parseChunk(in); size < 0 || err != nil && size > 0 {
			t.Errorf("chunk of %d, %v", size, err)
		}
		if rest, ok := cutPrefixFold(in, "FROM:"); ok && len(rest)+5 != len(in) {
			t.Errorf("%q behind FROM: of %q", rest, in)
		}
	})
}

// printable reports whether text is valid in a header.
func printable(text string, unicode bool) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7F || c > 0x7F && !unicode {
			return false
		}
	}
	return utf8.ValidString(text)
}

func TestDecodeXtext(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		ok             bool
	}{
		{"plain", "QQ314159", "QQ314159", true},
		{"quoted plus and equals sign", "a+2Bb+3Dc", "a+b=c", true},
		{"quoted space", "a+20b", "a b", true},
		{"small digits", "a+2bb", "", false},
		{"cut off", "a+2", "", false},
		{"equals sign", "a=b", "", false},
		{"a line end in disguise", "a+0D+0ABcc:", "", false},
		{"above ASCII", "j+C3+B6rg", "", false},
		{"UTF-8 where it is not allowed", "jörg", "", false},
		{"empty", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeXtext(tt.in, maxEnvID, false)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("decodeXtext(%q) = %q, %v; want %q, %v", tt.in, got, err, tt.want, tt.ok)
			}
		})
	}
}
