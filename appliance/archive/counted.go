package archive

import (
	"bytes"
	"io"
)

// count accepts the Content-Length of the message if the file ends where it leads to, or if a
// separator is there, after at most one empty line.
func (s *survey) count() {
	if n := s.header.length; n >= 0 && n <= s.size-s.body && s.endsAt(s.body+n) {
		s.counted = s.body + n
	}
}

// endsAt reports whether a message can end before the octet at.
func (s *survey) endsAt(at int64) bool {
	if at == s.size {
		return true
	}
	buf := make([]byte, 4<<10) // two lines and the octet before them
	n, err := s.file.ReadAt(buf, at-1)
	if err != nil && err != io.EOF {
		return false // the pass will meet the error
	}
	buf = buf[:n]
	if len(buf) == 0 || buf[0] != '\n' && !(s.cr && buf[0] == '\r') {
		return false
	}
	line, rest := cutLine(buf[1:], s.cr)
	if len(line) == 0 {
		if len(rest) == 0 {
			return true // the file ends
		}
		line, rest = cutLine(rest, s.cr)
	}
	next, after := cutLine(rest, s.cr)
	for isOldMark(next) {
		next, after = cutLine(after, s.cr)
	}
	if !isMark(line) || len(line) > longestMark {
		return false
	}
	f := gradeMark(string(line))
	return f != word && isSeparator(f, true, gradeField(next))
}

// cutLine cuts a text behind its first line, which is returned without its end.
func cutLine(text []byte, cr bool) (line, rest []byte) {
	ends := "\n"
	if cr {
		ends = "\r\n"
	}
	end := bytes.IndexAny(text, ends)
	if end < 0 {
		return text, nil
	}
	rest = text[end+1:]
	if text[end] == '\r' && bytes.HasPrefix(rest, []byte("\n")) {
		rest = rest[1:]
	}
	return bytes.TrimRight(text[:end], "\r"), rest
}
