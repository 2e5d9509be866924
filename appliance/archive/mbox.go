package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/control"
)

// An Mbox is an mbox file that is being written. It is a control.Taker.
type Mbox struct {
	path string
	file *os.File
	out  *bufio.Writer
	Tally
}

// A Tally counts what an export did.
type Tally struct {
	Kept, Skipped int
	Bad           []string // unique-ids of mail that does not verify
}

// CreateMbox begins an mbox file, which has its name after Finish only. os.ErrExist: there is one already.
func CreateMbox(path string) (*Mbox, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: os.ErrExist}
	}
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &Mbox{path: path, file: f, out: bufio.NewWriterSize(f, 32<<10)}, nil
}

// Wants is for every mail: an mbox is written whole.
func (m *Mbox) Wants(string, int64) bool { return true }

// Damaged notes a mail that is not in the file.
func (m *Mbox) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

// Take appends a mail.
func (m *Mbox) Take(uid string, o control.Origin, content io.Reader) error {
	sender := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return '-'
		}
		return r
	}, o.From)
	if sender == "" {
		sender = "MAILER-DAEMON"
	}
	fmt.Fprintf(m.out, "%s%s %s\nX-UIDL: %s\n", mark, sender, o.Received.UTC().Format(time.ANSIC), uid)
	if _, err := io.Copy(m.out, &quotingReader{quoting: quoting{add: true}, from: content}); err != nil {
		return err
	}
	if err := m.out.WriteByte('\n'); err != nil {
		return err
	}
	m.Kept++
	return nil
}

// Finish flushes the file and gives it its name.
func (m *Mbox) Finish() error {
	err := errors.Join(m.out.Flush(), m.file.Sync(), m.file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(m.path+".tmp"))
	}
	return os.Rename(m.path+".tmp", m.path)
}

// Abandon takes back what was written.
func (m *Mbox) Abandon() {
	m.file.Close()
	os.Remove(m.path + ".tmp")
}

// A span is where a mail lies in an mbox: about 150 octets each.
type span struct {
	start, end int64
	uid        string
	origin     control.Origin
}

// ReadMbox returns the letters of an mbox file, which is read twice: once now, to see that it is one.
func ReadMbox(path string) (letters iter.Seq2[control.Letter, error], count int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is no file: an mbox is one, a Maildir is a folder", path)
	}
	spans, err := survey(f, info.ModTime())
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	return distinct(func(yield func(control.Letter, error) bool) {
		for n, s := range spans {
			l := control.Letter{Name: fmt.Sprintf("%s, mail %d", path, n+1), UID: s.uid, Open: func() (control.Origin, io.ReadCloser, error) {
				f, err := os.Open(path)
				if err != nil {
					return control.Origin{}, nil, err
				}
				part := &quotingReader{from: io.NewSectionReader(f, s.start, s.end-s.start)}
				return s.origin, readCloser{part, f}, nil
			}}
			if !yield(l, nil) {
				return
			}
		}
	}), len(spans), nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

// survey finds the mails of an mbox: each begins with a line "From sender date" that is the first one, or follows an empty
// line and has a time in it. The empty line belongs to neither. now dates those whose line does not.
func survey(r io.Reader, now time.Time) (spans []span, err error) {
	in := bufio.NewReaderSize(r, 8<<10)
	var (
		at, blank int64 // where the line begins; the octets of the empty line before it
		header    bool
		whole     = true // the last read ended a line
		one       *span
	)
	end := func() {
		if one != nil {
			one.end = max(at-blank, one.start)
		}
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		size := int64(len(line))
		if size == 0 { // the end
			end()
			return spans, nil
		}
		text := bytes.TrimRight(line, "\r\n")
		empty := whole && len(text) == 0
		switch {
		case whole && bytes.HasPrefix(line, []byte(mark)) && (one == nil || blank > 0 && dated(string(text))):
			end()
			spans = append(spans, span{start: at + size, origin: parseMark(string(text), now)})
			one, header = &spans[len(spans)-1], true
		case one == nil && !empty:
			return nil, fmt.Errorf("this is no mbox: it does not begin with %q", mark)
		case empty:
			header = false
		case whole && header && one.uid == "":
			if one.uid = uidlField(text); one.uid != "" && at == one.start {
				one.start += size
			}
		}
		blank = 0
		if empty {
			blank = size
		}
		at += size
		whole = err == nil
	}
}

// uidlField returns the unique-id of a header line X-UIDL, "" of any other.
func uidlField(line []byte) string {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !strings.EqualFold(string(name), "X-UIDL") {
		return ""
	}
	uid := string(bytes.TrimSpace(value))
	if !control.ValidUID(uid) {
		return ""
	}
	return uid
}

// dated says whether a line between two mails has a time of day and a year, as all of them have, and as a line of text that somebody
// forgot to quote mostly has not.
func dated(line string) (yes bool) {
	clock, year := false, false
	for word := range strings.FieldsSeq(line) {
		clock = clock || len(word) >= 5 && word[2] == ':'
		_, err := strconv.ParseUint(word, 10, 16)
		year = year || len(word) == 4 && err == nil
	}
	return clock && year
}

// marks are the ways in which programs write the date behind the sender.
var marks = []string{time.ANSIC, "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 15:04:05 -0700 2006", "Mon Jan _2 15:04:05 2006 -0700", "Mon Jan _2 15:04 2006"}

// parseMark reads the line between two mails.
func parseMark(line string, now time.Time) control.Origin {
	sender, date, _ := strings.Cut(strings.TrimPrefix(line, mark), " ")
	if sender == "MAILER-DAEMON" {
		sender = ""
	}
	o := control.Origin{From: sender, Received: now}
	if len(o.From) > longestSender {
		o.From = ""
	}
	for _, layout := range marks {
		if when, err := time.Parse(layout, strings.TrimSpace(date)); err == nil {
			o.Received = when
		}
	}
	return o
}

// longestSender bounds a reverse-path in octets; a longer one is none.
const longestSender = 512

// distinct tells apart what a source calls by the same unique-id.
func distinct(letters iter.Seq2[control.Letter, error]) iter.Seq2[control.Letter, error] {
	return func(yield func(control.Letter, error) bool) {
		seen := map[string]int{}
		for l, err := range letters {
			if l.UID != "" {
				plain := l.UID
				if seen[plain]++; seen[plain] > 1 {
					if l.UID = fmt.Sprintf("%s~%d", plain, seen[plain]); !control.ValidUID(l.UID) {
						l.UID = ""
					}
				}
			}
			if !yield(l, err) {
				return
			}
		}
	}
}
