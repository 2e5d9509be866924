package report

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// fields writes the fields about the message, and a group of them for each recipient.
func (r *Report) fields(w *writer) {
	if r.EnvelopeID != "" {
		w.field("Original-Envelope-Id", r.EnvelopeID)
	}
	w.field("Reporting-MTA", "dns; "+cmp.Or(r.Hostname, "localhost"))
	if !r.Arrival.IsZero() {
		w.field("Arrival-Date", r.Arrival.Format(time.RFC1123Z))
	}
	for _, to := range r.Recipients {
		w.line("")
		if to.Original != "" {
			w.field("Original-Recipient", to.Original)
		}
		kind := "rfc822; "
		if !isASCII(to.Address) {
			kind = "utf-8; "
		}
		w.field("Final-Recipient", kind+to.Address)
		w.field("Action", string(r.Action))
		w.field("Status", to.Status)
		if to.Server != "" {
			w.field("Remote-MTA", "dns; "+to.Server)
		}
		if to.Diagnostic != "" {
			w.field("Diagnostic-Code", "smtp; "+to.Diagnostic)
		}
		if !to.Last.IsZero() {
			w.field("Last-Attempt-Date", to.Last.Format(time.RFC1123Z))
		}
		if r.Action == Delayed && !r.Until.IsZero() {
			w.field("Will-Retry-Until", r.Until.Format(time.RFC1123Z))
		}
	}
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
