package archive

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"pillarbox/appliance/transfer"
)

// A span is where a message lies in an mbox: about 200 octets each.
type span struct {
	mark       int64 // where its separator begins
	start, end int64 // of the message
	uid        string
	sum        string // of the header, as popa3d makes it, if an export wrote the message
	origin     transfer.Origin
	made       bool // uid is made of the content
	counted    bool // its end is that of an accepted Content-Length
	deleted    bool // by a mail client
	internal   bool // data of UW IMAP, no message
}

// A survey is what one pass over an mbox finds. The pass needs 40 KiB beside the spans.
type survey struct {
	file  io.ReaderAt
	size  int64
	now   time.Time               // dates a message whose separator does not
	doubt func(n int, why string) // is called with the number of a message, from 1

	spans    []span
	bom      int64  // octets
	cr       bool   // CR ends lines
	verbatim bool   // a counted message has a line "From ": the writer does not quote
	validity uint32 // of the IMAP UIDs, 0 if the first message has none

	// The state of the pass.
	at       int64 // where the piece begins
	blank    int64 // octets of the empty line before it, 0 if there is none
	pending  *candidate
	header   header // of the last message
	inHeader bool
	body     int64 // where its body begins, 0 while in the header
	counted  int64 // its end by an accepted Content-Length, 0 if there is none
	inside   int   // lines before counted that look like separators
	zeros    bool  // it has a zero octet
	open     bool  // the last line has no end
}

// A candidate is a line that begins with "From ", until the next line decides what it is.
type candidate struct {
	at, end, blank int64
	text           string
	form           form
}

// bom is the byte order mark of UTF-8.
var bom = []byte("\xef\xbb\xbf")

// run finds the messages by the rule of doc.go. It reads the file once, and some octets where a
// Content-Length points to.
func (s *survey) run() error {
	start := make([]byte, 4<<10)
	n, err := s.file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return err
	}
	start = start[:n]
	if err := refuse(start); err != nil {
		return err
	}
	if bytes.HasPrefix(start, bom) {
		s.bom = int64(len(bom))
	}
	s.cr, s.at = endsInCR(start), s.bom
	lines := newSplitter(io.NewSectionReader(s.file, s.bom, s.size-s.bom), s.cr)
	for {
		p, err := lines.next()
		if err == io.EOF {
			return s.finish()
		}
		if err == nil {
			err = s.take(p)
		}
		if err != nil {
			return err
		}
	}
}

// take goes on by a piece of the file.
func (s *survey) take(p piece) error {
	if p.starts {
		if err := s.line(p); err != nil {
			return err
		}
	}
	if s.inHeader && s.pending == nil {
		s.header.popa3d.add(p.raw, p.starts)
	}
	s.zeros = s.zeros || bytes.IndexByte(p.text, 0) >= 0
	s.blank = 0
	if p.starts && p.ends && len(p.text) == 0 {
		s.blank = int64(len(p.raw))
	}
	s.open = !p.ends
	s.at += int64(len(p.raw))
	return nil
}

// line goes on by the first piece of a line.
func (s *survey) line(p piece) error {
	if c := s.pending; c != nil {
		if isOldMark(p.text) && c.form != prose {
			c.end += int64(len(p.raw))
			return nil
		}
		if isMark(p.text) && p.ends && len(p.text) <= longestMark && c.form == envelope {
			text := string(p.text)
			s.pending = &candidate{c.at, s.at + int64(len(p.raw)), c.blank, text, gradeMark(text)}
			return nil
		}
		if err := s.decide(gradeField(p.text)); err != nil {
			return err
		}
	}
	switch {
	case isMark(p.text) && s.at < s.counted:
		s.verbatim = true
		if gradeMark(string(p.text[:min(len(p.text), longestMark)])) == envelope {
			s.inside++
		}
	case isMark(p.text) && p.ends && len(p.text) <= longestMark:
		text := string(p.text)
		s.pending = &candidate{s.at, s.at + int64(len(p.raw)), s.blank, text, gradeMark(text)}
	case len(s.spans) == 0 && len(p.text) > 0:
		return noMbox(p.text)
	case s.inHeader && len(p.text) == 0 && p.ends:
		s.inHeader, s.body = false, s.at+int64(len(p.raw))
		s.count()
	case s.inHeader:
		s.field(p)
	}
	return nil
}

// field goes on by a header line. An X-UIDL that stands first, as an export writes it, is not a
// part of the message.
func (s *survey) field(p piece) {
	s.header.field(p.text)
	one := &s.spans[len(s.spans)-1]
	if !s.header.ours && one.start == s.at && p.ends && s.header.xuidl != "" {
		one.start += int64(len(p.raw))
		s.header.ours = true
	}
}

// decide classifies the pending line, which the line next follows.
func (s *survey) decide(next fieldKind) error {
	c := s.pending
	s.pending = nil
	first := len(s.spans) == 0
	switch {
	case isSeparator(c.form, c.blank > 0 || first, next):
		s.end(c.at, c.blank)
		s.spans = append(s.spans, span{mark: c.at, start: c.end, origin: parseMark(c.text, s.now)})
		s.header, s.inHeader = newHeader(), true
		if c.form == word || c.form == dated {
			s.doubt(len(s.spans), fmt.Sprintf("begins at a line without the usual date: %.60q", c.text))
		}
	case first:
		return noMbox([]byte(c.text))
	case c.form == envelope && c.blank > 0:
		s.doubt(len(s.spans), fmt.Sprintf("has a line that looks like the beginning of another message, but no header follows it: %.60q", c.text))
	}
	return nil
}

// end ends the message before the octet at, before which an empty line of blank octets stands.
func (s *survey) end(at, blank int64) {
	if len(s.spans) == 0 {
		return
	}
	n := len(s.spans)
	one := &s.spans[n-1]
	one.end = max(at-blank, one.start)
	if s.counted > 0 && at-s.counted <= blank {
		one.end, one.counted = s.counted, true
	}
	h := &s.header
	if n == 1 {
		s.validity = h.validity
		one.internal = h.internal && h.imap
	}
	one.deleted = h.deleted
	one.uid, one.made = h.uniqueID(s.validity)
	if h.ours {
		one.sum = h.popa3d.uid()
	}
	if s.inside > 0 {
		s.doubt(n, fmt.Sprintf("has %d lines that look like the beginning of another message; by its Content-Length they are text", s.inside))
	}
	if s.zeros {
		s.doubt(n, "has zero octets, which become spaces: the file may be damaged")
	}
	s.body, s.counted, s.inside, s.zeros = 0, 0, 0, false
}

// finish ends the last message at the end of the file.
func (s *survey) finish() error {
	if c := s.pending; c != nil {
		if len(s.spans) == 0 {
			return noMbox([]byte(c.text))
		}
		if c.form == envelope {
			s.doubt(len(s.spans), "ends in the first line of another message: the file is cut off")
		}
	}
	n := len(s.spans)
	if n == 0 {
		return nil
	}
	short := s.body > 0 && s.header.length > s.size-s.body
	switch {
	case s.inHeader:
		s.doubt(n, "ends within its header: the file may be cut off")
	case short:
		s.doubt(n, fmt.Sprintf("is %d octets shorter than its Content-Length: the file may be cut off", s.header.length-(s.size-s.body)))
	case s.open && s.counted == 0:
		s.doubt(n, "ends within a line: the file may be cut off")
	}
	s.end(s.size, s.blank)
	return nil
}

// count accepts the Content-Length of the message if the file ends where it leads to, or if a
// separator is there, after at most one empty line.
func (s *survey) count() {
	if n := s.header.length; n >= 0 && n <= s.size-s.body && endsAt(s.file, s.body+n, s.size, s.cr) {
		s.counted = s.body + n
	}
}
