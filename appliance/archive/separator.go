package archive

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/transfer"
)

// A form grades what follows "From " in a line.
type form uint8

const (
	prose    form = iota // several words without a time and a year: never a separator
	word                 // one word: a local part without a date
	dated                // a time and a year somewhere
	plain                // nothing, "-", or an address without a date
	envelope             // at most one word, or "x at y", then a date as in RFC 4155 or 5322
)

// longestMark bounds a separator line in octets; a longer line is text.
const longestMark = 1000

// isSeparator is the rule of doc.go for a line that begins with "From ": its form, whether an empty
// line stands before it, and what the line after it is.
func isSeparator(f form, blank bool, next fieldKind) bool {
	switch f {
	case envelope:
		return next >= anyField
	case plain, dated:
		return next == usualField
	case word:
		return next == usualField && blank
	}
	return false
}

// gradeMark grades a line that begins with "From ".
func gradeMark(line string) form {
	words := strings.Fields(strings.TrimPrefix(line, mark))
	if len(words) == 0 || len(words) == 1 && (words[0] == "-" || strings.Contains(words[0], "@")) {
		return plain
	}
	if at := dateIn(words); at == 0 || at == 1 || at == 3 && words[1] == "at" {
		return envelope
	}
	clock, year := false, false
	for _, w := range words {
		clock = clock || isClock(w) || len(w) > 11 && w[10] == 'T' && isClock(w[11:])
		year = year || isYear(w) || len(w) >= 10 && w[4] == '-' && isYear(w[:4])
	}
	switch {
	case clock && year:
		return dated
	case len(words) == 1:
		return word
	}
	return prose
}

// dateIn returns where in the words of a line the date begins: a day of the week, a month and a day
// in either order, then a time and a year in either order, with a zone anywhere behind the time. It
// returns -1 if there is none.
func dateIn(words []string) int {
	for at := range words {
		rest := words[at:]
		if len(rest) < 5 || !isIn(weekdays, rest[0]) {
			continue
		}
		if !(isIn(months, rest[1]) && isDay(rest[2]) || isDay(rest[1]) && isIn(months, rest[2])) {
			continue
		}
		clock, year := -1, -1
		for i := 3; i < min(len(rest), 7); i++ {
			if clock < 0 && isClock(rest[i]) {
				clock = i
			} else if year < 0 && isYear(rest[i]) {
				year = i
			}
		}
		if clock >= 3 && clock <= 4 && year >= 3 {
			return at
		}
	}
	return -1
}

const (
	weekdays = "Sun Mon Tue Wed Thu Fri Sat"
	months   = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
)

// isIn reports whether w, without a comma at its end, is one of the words of three letters of list.
func isIn(list, w string) bool {
	w = strings.TrimSuffix(w, ",")
	return len(w) == 3 && strings.Index(list, w)%4 == 0
}

func isDay(w string) bool {
	n, err := strconv.ParseUint(w, 10, 8)
	return err == nil && n >= 1 && n <= 31
}

func isYear(w string) bool {
	n, err := strconv.ParseUint(w, 10, 16)
	return len(w) == 4 && err == nil && n >= 1970
}

// isClock reports whether w is hh:mm or begins with hh:mm:ss.
func isClock(w string) bool {
	hour, rest, ok := strings.Cut(w, ":")
	if _, err := strconv.ParseUint(hour, 10, 8); !ok || err != nil || len(hour) > 2 || len(rest) < 2 {
		return false
	}
	_, err := strconv.ParseUint(rest[:2], 10, 8)
	return err == nil && (len(rest) == 2 || rest[2] == ':' && len(rest) >= 5)
}

// layouts are the dates after the sender. A zone that is only a name counts as UTC, because its
// offset is not known.
var layouts = []string{
	time.ANSIC, "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 15:04:05 -0700 2006", "Mon Jan _2 15:04:05 2006 -0700", "Mon Jan _2 15:04 2006",
	"Mon Jan _2 15:04:05 2006 MST", "Mon Jan _2 15:04 MST 2006", "Mon, _2 Jan 2006 15:04:05 -0700", "Mon, _2 Jan 2006 15:04:05 MST",
	"Mon _2 Jan 2006 15:04:05", "2006-01-02 15:04:05", time.RFC3339,
}

// parseMark reads the sender and the date of a separator; now stands for a date that cannot be
// read.
func parseMark(line string, now time.Time) transfer.Origin {
	o := transfer.Origin{Received: now}
	words := strings.Fields(strings.TrimPrefix(line, mark))
	at := dateIn(words)
	if at < 0 {
		at = min(len(words), 1)
	}
	sender, date := words[:at], words[at:]
	for i, w := range sender {
		if i == 0 || strings.Contains(w, "@") {
			o.From = strings.Trim(w, "<>")
		}
	}
	if len(sender) == 3 && sender[1] == "at" {
		o.From = sender[0] + "@" + sender[2]
	}
	if o.From == "MAILER-DAEMON" || o.From == "-" || o.From == "???@???" || len(o.From) > longestSender {
		o.From = ""
	}
	for n := min(len(date), 8); n > 0; n-- { // words may follow the date, as in "remote from host"
		for _, layout := range layouts {
			if when, err := time.Parse(layout, strings.Join(date[:n], " ")); err == nil {
				o.Received = when
				return o
			}
		}
	}
	return o
}

// longestSender bounds a reverse-path in octets; a longer one is none.
const longestSender = 512

// isMark reports whether a line begins with "From ", and isOldMark whether it begins with ">From ",
// which UUCP wrote below it.
func isMark(line []byte) bool { return bytes.HasPrefix(line, []byte(mark)) }

func isOldMark(line []byte) bool { return bytes.HasPrefix(line, []byte(">"+mark)) }

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
