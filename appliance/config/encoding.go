package config

import (
	"bytes"
	"unicode/utf8"
)

// utf8Text returns the text of a file without the byte order mark that Windows editors write. The
// problem is not nil if the file is not UTF-8 text with LF or CRLF as line ends.
func utf8Text(file []byte) ([]byte, *Problem) {
	if isUTF16(file) {
		return nil, &Problem{Text: `the file is UTF-16; save it as UTF-8 (in Notepad: "Save as", "Encoding: UTF-8")`}
	}
	text := bytes.TrimPrefix(file, []byte("\xEF\xBB\xBF"))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			p := Problem{Text: "the file is not UTF-8: this character has another encoding; save the file as UTF-8"}.place(text, span{i, 1})
			return nil, &p
		case r == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			p := Problem{Text: "the line ends with CR alone; save the file with Unix (LF) or Windows (CRLF) line ends"}.place(text, span{i, 1})
			return nil, &p
		}
		i += size
	}
	return text, nil
}

// isUTF16 reports whether a file begins as UTF-16 or UTF-32 text does: with a byte order mark, or
// with a character of ASCII.
func isUTF16(file []byte) bool {
	if len(file) < 2 {
		return false
	}
	a, b := file[0], file[1]
	return a == 0xFF && b == 0xFE || a == 0xFE && b == 0xFF || (a == 0) != (b == 0)
}
