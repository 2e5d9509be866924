package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// odd are files about which a parser and a decoder could differ.
var odd = []string{
	"", every,
	"a = 1\na = 2", "[a]\n[a]", "[a.b]\n[a]\n[a]", "[a]\nb.c = 1\n[a.b]", "[a]\nb.c = 1\n[a.b.d]", "[a]\nb.c = 1\nb.d = 2\nb.c.e = 3",
	"[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n[[a]]\n[a.c]", "[[a]]\n[a]", "[a]\n[[a]]", "a = 1\n[a]", "a = 1\n[a.b]", "a = 1\n[[a]]", "b.a = 1\n[[b]]",
	"a = []\n[[a]]", "a = {}\n[a.b]", "[a.b]\n[a]\nb.c = 1", "a = {b = 1, b = 2}", "a = [{b = 1, b = 2}]", "a = [[{b = {c.d = 1, c.d = 2}}]]", "x = {a.b = 1, a.c = 2}",
	"[x]\ny = {z = {a = 1}}\ny.b = 1", "a = 0x1_F\nb = 0o17\nc = 0b1_0\nd = -0\ne = +1_000", "a = 9223372036854775807\nb = -9223372036854775808",
	"a = 1.5\nb = inf\nc = 2026-11-24T10:00:00Z\nd = 2026-11-24\ne = [1, 'two', true, {}]", "a", "a =", "[a", "a = \"x", "a = '''\nx\n'''\r\nb = /", "# caf\xe9", "é = 1", "\"\" = 1\n'' = 2",
}

// TestDocumentAgreesWithDecoder reads each of the files twice.
func TestDocumentAgreesWithDecoder(t *testing.T) {
	for _, file := range odd {
		agree(t, file)
	}
}

func TestTooLargeANumber(t *testing.T) {
	testMistakes(t, []mistake{{"decimal", "[retention]\nkeep_days = 9223372036854775808\n", `
f.toml:2: the number 9223372036854775808 is too large
   2 | keep_days = 9223372036854775808
     |             ~`}})
}

// FuzzDocument looks for a file that the library's decoder and readDocument read differently.
func FuzzDocument(f *testing.F) {
	for _, file := range odd {
		f.Add(file)
	}
	f.Fuzz(agree)
}

// agree compares the values, or the place of the error, whose words are our own. What the decoder
// refuses because a number or a date is out of range is left out.
func agree(t *testing.T, file string) {
	var want map[string]any
	wantErr := toml.Unmarshal([]byte(file), &want)
	got, err := readDocument([]byte(file))
	var decoder *toml.DecodeError
	switch {
	case wantErr == nil && err == nil:
		if !reflect.DeepEqual(bare(got.values), bare(want)) {
			t.Errorf("%q: got %#v, want %#v", file, got.values, want)
		}
	case wantErr != nil && outOfRange(wantErr):
	case err == nil || wantErr == nil:
		t.Errorf("%q: got %v, want %v", file, err, wantErr)
	case errors.As(wantErr, &decoder):
		line, column := decoder.Position()
		p := syntaxProblem([]byte(file), err)
		words := strings.TrimPrefix(decoder.Error(), "toml: ")
		if p.Line != line || p.Column != max(column, 1) || p.Text == "" || strings.Contains(p.Text, words) {
			t.Errorf("%q: got %d:%d %s, want %d:%d in other words than %v", file, p.Line, p.Column, p.Text, line, column, decoder)
		}
	default:
		t.Errorf("%q: got %v, want %v", file, err, wantErr)
	}
}

// outOfRange reports whether an error is about a number or a time that has the right form.
func outOfRange(err error) bool {
	for _, word := range []string{"too large", "unable to parse float", "impossible date", "cannot be greater", "format", "timezone", "seconds", "digit (0-9)", "separator", "colon", "fraction", "extra characters", "nanosecond"} {
		if strings.Contains(err.Error(), word) {
			return true
		}
	}
	return false
}

// bare replaces values of which only the kind is read.
func bare(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, below := range v {
			v[key] = bare(below)
		}
	case []any:
		for i, below := range v {
			v[i] = bare(below)
		}
	case float64:
		return 0.0
	case time.Time:
		return time.Time{}
	case toml.LocalDate, toml.LocalDateTime, toml.LocalTime:
		return nil
	}
	return value
}
