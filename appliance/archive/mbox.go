package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/appliance/transfer"
)

// An Mbox is an mbox file that an export writes. It is a transfer.Taker. The file is written under
// another name and renamed, so that a power cut leaves the old one or the new one.
type Mbox struct {
	in   *folder
	name string
	path string
	file *os.File // nil until there is something to write
	out  *bufio.Writer
	had  *earlier // nil if there was no file of that name
	Tally
}

// half ends the name of a file that is not whole yet.
const half = ".tmp"

// A Tally counts what an export did.
type Tally struct {
	Kept, Skipped int
	Bad           []string // unique-ids of mail that does not verify
}

// OpenMbox begins an export to an mbox file. If an earlier export wrote the file, the messages that
// it lacks are appended. Any other file is an error.
func OpenMbox(path string) (*Mbox, error) {
	in, err := makeFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	m := &Mbox{in: in, name: filepath.Base(path), path: path}
	if in.exists(m.name) {
		m.had, err = openEarlier(in, m.name, path)
	} else {
		err = m.begin()
	}
	if err != nil {
		in.close()
		return nil, err
	}
	return m, nil
}

// begin makes the new file, with what the old one has.
func (m *Mbox) begin() (err error) {
	if m.file, err = m.in.create(m.name + half); err != nil {
		return err
	}
	if m.had != nil {
		err = m.had.copyTo(m.file)
	}
	m.out = bufio.NewWriterSize(m.file, 32<<10)
	return err
}

// Wants is true for each message: a unique-id alone does not identify one, see earlier.
func (m *Mbox) Wants(_ string, octets int64) bool {
	if m.had != nil {
		m.had.octets = octets
	}
	return true
}

// Damaged notes a message that does not verify, unless the file has it from an earlier export.
func (m *Mbox) Damaged(uid string) {
	if m.had != nil && m.had.uids[uid] {
		m.Skipped++
		return
	}
	m.Bad = append(m.Bad, uid)
}

// Take appends a message, unless the file has it.
func (m *Mbox) Take(uid string, o transfer.Origin, content io.Reader) error {
	if m.had != nil {
		rest, there, err := m.had.compare(uid, content)
		if err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		if there {
			m.Skipped++
			return nil
		}
		content = rest
	}
	if m.file == nil {
		if err := m.begin(); err != nil {
			return err
		}
	}
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

// Finish flushes the file, gives it its name and flushes the directory.
func (m *Mbox) Finish() error {
	defer m.close()
	if m.file == nil { // nothing is new
		return m.in.flush()
	}
	err := errors.Join(m.out.Flush(), m.file.Sync(), m.file.Close())
	if err == nil && m.had != nil {
		err = m.had.changed(m.in, m.name)
	}
	if err != nil {
		return errors.Join(err, m.in.remove(m.name+half))
	}
	if err := m.in.rename(m.name+half, m.in, m.name); err != nil {
		return err
	}
	return m.in.flush()
}

// Abandon removes what was written.
func (m *Mbox) Abandon() {
	defer m.close()
	if m.file != nil {
		m.file.Close()
		m.in.remove(m.name + half)
	}
}

func (m *Mbox) close() {
	if m.had != nil {
		m.had.file.Close()
	}
	m.in.close()
}
