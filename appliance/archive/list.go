package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A listed is the entry of a file of a Maildir in the list of a POP3 server.
type listed struct {
	uid  uint32 // of IMAP: the order of the mailbox
	uidl string
}

// A listReader takes the lines of a list: head the first one, line all others. Both return an error
// for a line that is damaged.
type listReader interface {
	head(line string) (file bool, err error) // file reports whether it is an entry as well
	line(line string) (base string, l listed, err error)
}

// longestListed bounds a line in octets; the name of a file has 255 at most.
const longestListed = 4 << 10

// readList reads a list and calls found with each of its files. It returns how many lines are
// damaged: such a line is left out, so that it takes the unique-id of one message only. A first
// line that is damaged is an error, because all others depend on it.
func readList(r io.Reader, list listReader, found func(base string, l listed)) (damaged []int, err error) {
	lines := newSplitter(r, false)
	for number := 1; ; number++ {
		text, ended, err := lines.whole(longestListed)
		if err == io.EOF && number == 1 {
			return nil, errors.New("it is empty")
		}
		if err == io.EOF {
			return damaged, nil
		}
		if err != nil {
			return nil, err
		}
		if number == 1 {
			if file, err := list.head(text); err != nil {
				return nil, err
			} else if !file {
				continue
			}
		}
		if base, l, err := list.line(text); err == nil && ended {
			found(base, l)
		} else if len(damaged) < mostNotes {
			damaged = append(damaged, number)
		}
	}
}

// identify finds the unique-id of each file: in Dovecot's list, else in Courier's, else in its
// name.
func (m *maildirSource) identify(in *folder) error {
	at := map[string][]int{} // by base; two files can have one, in "cur" and "new"
	for i := range m.files {
		f := &m.files[i]
		f.uidl = uidOfFile(f.base)
		at[f.base] = append(at[f.base], i)
	}
	courier, err := m.readListFile(in, "courierpop3dsizelist", &courierList{}, func(f *file, l listed) { f.listed = l }, at)
	if err != nil {
		return err
	}
	dovecot, err := m.readListFile(in, "dovecot-uidlist", &dovecotList{}, func(f *file, l listed) { f.listed, f.known = l, true }, at)
	if !courier && !dovecot {
		m.doubtNames(in)
	}
	return err
}

// doubtNames reports a Maildir without a list whose names are Dovecot's: it writes the size with
// CRLF into them. It never takes a unique-id from a name unless it was told to, and its list can be
// in another directory, or was left behind when the messages were copied.
func (m *maildirSource) doubtNames(in *folder) {
	n := 0
	for _, f := range m.files {
		if strings.Contains(f.base, ",W=") {
			n++
		}
	}
	if n > 0 {
		m.report.Doubtful.add(in.path, fmt.Sprintf("Dovecot named %d messages, and dovecot-uidlist is missing: mail clients may download them again; copy it from the CONTROL directory of mail_location before the import", n))
	}
}

// readListFile reads one list, and returns whether it is there.
func (m *maildirSource) readListFile(in *folder, name string, list listReader, set func(*file, listed), at map[string][]int) (there bool, err error) {
	path := filepath.Join(in.path, name)
	f, _, err := in.openRegular(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	var damaged []int
	if err == nil {
		defer f.Close()
		damaged, err = readList(f, list, func(base string, l listed) {
			for _, i := range at[base] {
				set(&m.files[i], l)
			}
		})
	}
	if err != nil {
		return true, fmt.Errorf("%s: %w; without it mail clients would download everything again; move it away if that is intended", path, err)
	}
	if len(damaged) > 0 {
		m.report.Doubtful.add(path, fmt.Sprintf("%d lines are damaged, the first one is line %d: mail clients may download their messages again", len(damaged), damaged[0]))
	}
	return true, nil
}

// whole returns the next line of at most most octets, as a text without its line end, and whether
// it has one; a longer one is returned as "".
func (s *splitter) whole(most int) (text string, ended bool, err error) {
	var line bytes.Buffer
	for {
		p, err := s.next()
		if err == io.EOF && line.Len() > 0 {
			return line.String(), false, nil
		}
		if err != nil {
			return "", false, err
		}
		if line.Len() <= most {
			line.Write(p.text)
		}
		if p.ends {
			if line.Len() > most {
				line.Reset()
			}
			return line.String(), true, nil
		}
	}
}
