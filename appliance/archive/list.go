package archive

import (
	"bytes"
	"errors"
	"io"
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
