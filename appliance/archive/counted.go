package archive

import (
	"bytes"
	"io"
)

// endsAt reports whether a message can end before the octet at of a file of size octets. cr says
// that the lines of the file end in CR.
func endsAt(file io.ReaderAt, at, size int64, cr bool) bool {
	if at == size {
		return true
	}
	buf := make([]byte, 4<<10) // two lines and the octet before them
	n, err := file.ReadAt(buf, at-1)
	if err != nil && err != io.EOF {
		return false // the pass will meet the error
	}
	buf = buf[:n]
	if len(buf) == 0 || buf[0] != '\n' && !(cr && buf[0] == '\r') {
		return false
	}
	line, rest := cutLine(buf[1:], cr)
	if len(line) == 0 {
		if len(rest) == 0 {
			return true // the file ends
		}
		line, rest = cutLine(rest, cr)
	}
	next, after := cutLine(rest, cr)
	for isOldMark(next) {
		next, after = cutLine(after, cr)
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
