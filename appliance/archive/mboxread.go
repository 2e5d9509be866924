package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"pillarbox/appliance/transfer"
)

// ReadMbox returns the messages of an mbox file. It reads the file once now, to find them, and
// keeps it open until Close.
func ReadMbox(path string, o Options) (*Source, error) {
	in, err := openFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer in.close()
	f, info, err := in.openRegular(filepath.Base(path))
	if errors.As(err, &transfer.Refused{}) {
		return nil, fmt.Errorf("%s: %w; an mbox is a file, a Maildir is a folder", path, err)
	}
	if err != nil {
		return nil, err
	}
	m := &mboxSource{path: path, file: f, info: info, report: &Report{}}
	m.survey = survey{file: f, size: info.Size(), now: info.ModTime(), doubt: func(n int, why string) {
		m.report.Doubtful.add(m.name(n), why)
	}}
	if err := m.survey.run(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.choose(o)
	return &Source{distinct(m.messages, m.report), len(m.spans), m.report, f.Close}, nil
}

// An mboxSource is an mbox file that is open.
type mboxSource struct {
	path   string
	file   *os.File
	info   fs.FileInfo
	report *Report
	survey
	numbers []int // of the spans, in the file; nil if all are imported
}

func (m *mboxSource) name(n int) string { return fmt.Sprintf("%s, message %d", m.path, n) }

// choose removes the spans that are not imported.
func (m *mboxSource) choose(o Options) {
	all := m.spans
	m.spans = all[:0]
	for i, s := range all {
		switch {
		case s.internal:
			m.report.LeftOut.add(m.name(i+1), "data of the mail program, not a message")
		case s.deleted && !o.Deleted:
			m.report.LeftOut.add(m.name(i+1), "a mail client marked it as deleted")
		default:
			m.spans = append(m.spans, s)
			m.numbers = append(m.numbers, i+1)
		}
	}
}

func (m *mboxSource) messages(yield func(message) bool) {
	for i, s := range m.spans {
		open := func() (transfer.Origin, io.ReadCloser, error) {
			if err := m.changed(); err != nil {
				return transfer.Origin{}, nil, err
			}
			return s.origin, io.NopCloser(m.contentOf(s, m.file)), nil
		}
		if !yield(message{m.name(m.numbers[i]), s.uid, s.made, open}) {
			return
		}
	}
}

// changed returns an error if another program has written to the file: then the spans are wrong.
func (m *mboxSource) changed() error {
	info, err := m.file.Stat()
	if err == nil && (info.Size() != m.info.Size() || !info.ModTime().Equal(m.info.ModTime())) {
		err = errors.New("another program has changed the file: stop what delivers to it, and import it again")
	}
	return err
}

// contentOf returns a message as it was before it was written to the mbox.
func (m *mboxSource) contentOf(s span, file io.ReaderAt) io.Reader {
	var r io.Reader = io.NewSectionReader(file, s.start, s.end-s.start)
	if m.cr {
		r = &crReader{from: r}
	}
	if m.verbatim && s.counted {
		return r
	}
	return &quotingReader{from: r}
}
