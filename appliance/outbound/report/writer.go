package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A writer gathers lines.
type writer struct{ bytes.Buffer }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.Buffer, format, args...)
	w.WriteString("\r\n")
}

const (
	maxFolded = 76   // octets of a line, where words allow
	maxValue  = 2000 // octets of a value
)

// field writes a field whose value is folded between words.
func (w *writer) field(name, value string) {
	w.wrap(name+":", " ", clean(value))
}

// wrap writes words behind a prefix, with line ends where a line gets too long. The lines after the
// first begin with indent.
func (w *writer) wrap(prefix, indent, text string) {
	line := prefix
	for word := range strings.FieldsSeq(text) {
		if line != prefix && line != indent && len(line)+1+len(word) > maxFolded {
			w.line("%s", line)
			line = strings.TrimSuffix(indent, " ")
		}
		line += " " + word
	}
	w.line("%s", line)
}

// clean bounds a value, and replaces what would add a line.
func clean(text string) string {
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "")
	}
	words := strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text))
	for i, word := range words {
		if len(word) > 500 { // a line of 998 octets holds it
			words[i] = strings.ToValidUTF8(word[:500], "")
		}
	}
	return strings.Join(words, " ")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
