package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"pillarbox/appliance/transfer"
)

// ReadMaildir returns the messages of a Maildir, new ones and seen ones: in the order of Dovecot's
// list, then by the time in their names. Messages are opened one after the other, as they are asked
// for.
func ReadMaildir(dir string, o Options) (*Source, error) {
	in, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer in.close()
	m := &maildirSource{dir: dir, report: &Report{}}
	err = m.list(in, o)
	if err == nil {
		err = m.identify(in)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	sort.Slice(m.files, func(i, j int) bool {
		a, b := &m.files[i], &m.files[j]
		if a.known != b.known {
			return a.known
		}
		return cmp.Or(cmp.Compare(a.uid, b.uid), cmp.Compare(secondsOf(a.name), secondsOf(b.name)), cmp.Compare(a.name, b.name)) < 0
	})
	return &Source{distinct(m.messages, m.report), len(m.files), m.report, m.close}, nil
}

func (m *maildirSource) close() error {
	for _, part := range m.parts {
		part.close()
	}
	return nil
}

// list finds the files of the messages, and reports what else is there.
func (m *maildirSource) list(in *folder, o Options) error {
	for _, name := range []string{"new", "cur", "tmp"} {
		part, err := in.sub(name, false)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		entries, err := part.entries()
		if name == "tmp" {
			part.close()
			if len(entries) > 0 {
				m.report.LeftOut.add(part.path, fmt.Sprintf("%d files of deliveries that did not end", len(entries)))
			}
			continue
		}
		m.parts = append(m.parts, part)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			m.sort(part, entry, o)
		}
	}
	below := subfolders(nil, in, "", 0)
	if len(m.parts) == 0 {
		return m.noMaildir(below)
	}
	for _, s := range below {
		m.report.LeftOut.add(filepath.Join(m.dir, s.name), fmt.Sprintf("a subfolder with %d messages: import it by its own path", s.count))
	}
	return nil
}

// sort adds an entry of "cur" or "new" to the files, or to the report.
func (m *maildirSource) sort(part *folder, entry fs.DirEntry, o Options) {
	path := filepath.Join(part.path, entry.Name())
	name, flags := cutFlags(entry.Name())
	switch {
	case strings.HasPrefix(entry.Name(), "."):
		m.report.LeftOut.add(path, "hidden: its name begins with a dot")
	case entry.Type() != 0:
		m.report.Skipped.add(path, kindOf(entry.Type()))
	case isTrashed(flags) && !o.Deleted:
		m.report.LeftOut.add(path, "a mail client marked it as deleted")
	default:
		m.files = append(m.files, file{in: part, name: entry.Name(), base: name})
	}
}

// noMaildir returns the error for a folder that is none.
func (m *maildirSource) noMaildir(below []subfolder) error {
	err := fmt.Errorf("%s: not a Maildir: it has no folder cur and none new", m.dir)
	if len(below) == 0 {
		return err
	}
	var names []string
	for _, s := range below[:min(len(below), 5)] {
		names = append(names, filepath.Join(m.dir, s.name))
	}
	return fmt.Errorf("%w; these are Maildirs: %s", err, strings.Join(names, ", "))
}

// messages yields each file that holds a message.
func (m *maildirSource) messages(yield func(message) bool) {
	for _, f := range m.files {
		path := filepath.Join(f.in.path, f.name)
		doubt, err := tryContent(f.in, f.name)
		if err != nil {
			m.report.Skipped.add(path, reasonOf(err))
			continue
		}
		if doubt != "" {
			m.report.Doubtful.add(path, doubt)
		}
		if !yield(message{shown(path), f.uidl, false, func() (transfer.Origin, io.ReadCloser, error) {
			c, err := openContent(f.in, f.name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				err = transfer.Refused{Reason: reasonOf(err)} // it has changed since it was tried
			}
			if err != nil {
				return transfer.Origin{}, nil, err
			}
			return c.origin, c, nil
		}}) {
			return
		}
	}
}

// tryContent opens a file to see whether it can be imported. A compressed one is read to its end,
// because an error in the middle of a message would end the import.
func tryContent(in *folder, name string) (doubt string, err error) {
	c, err := openContent(in, name)
	if err != nil {
		return "", err
	}
	defer c.Close() // nothing was written, and an error of unpacking was returned before
	if c.packed {
		_, err = io.Copy(io.Discard, c)
	}
	return c.doubt, err
}

// reasonOf returns the text of an error without the path, which stands before it anyway.
func reasonOf(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "gone since it was found; import once more"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

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
