package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A file is a message in a Maildir: about 250 octets each.
type file struct {
	in         *folder // "cur" or "new"
	name, base string  // with its flags and without
	listed
	known bool // Dovecot's list has it
}

// A maildirSource is a Maildir that is read.
type maildirSource struct {
	dir    string
	parts  []*folder // "new" and "cur", as far as they are there
	report *Report
	files  []file
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
