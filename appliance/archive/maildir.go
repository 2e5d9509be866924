package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"pillarbox/appliance/control"
)

// A Maildir is a folder that is being written. It is a control.Taker.
type Maildir struct {
	dir string
	has map[string]bool // unique-ids that are there
	Tally
}

// OpenMaildir makes what is missing of a Maildir and looks at what an earlier export has left in it.
func OpenMaildir(dir string) (*Maildir, error) {
	m := &Maildir{dir: dir, has: map[string]bool{}}
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	files, err := filesOf(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if uid, ok := uidOfName(base(f.name)); ok {
			m.has[uid] = true
		}
	}
	return m, nil
}

// Wants says whether a mail is not there.
func (m *Maildir) Wants(uid string, _ int64) bool {
	if m.has[uid] {
		m.Skipped++
	}
	return !m.has[uid]
}

// Damaged notes a mail that is not in the folder.
func (m *Maildir) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

// Take writes a mail and flushes it, before it has its name.
func (m *Maildir) Take(uid string, o control.Origin, content io.Reader) error {
	name := nameOfUID(uid, o.Received.Unix())
	aside := filepath.Join(m.dir, "tmp", name)
	f, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	if err := os.Chtimes(aside, o.Received, o.Received); err != nil {
		return err
	}
	if err := os.Rename(aside, filepath.Join(m.dir, "new", name)); err != nil {
		return err
	}
	m.has[uid] = true
	m.Kept++
	return nil
}

// ours ends the names that an export gives.
const ours = ".pillarbox"

// nameOfUID makes the name of a file.
func nameOfUID(uid string, seconds int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d.U", seconds)
	for i := range len(uid) {
		if c := uid[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_=~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String() + ours
}

// uidOfName undoes nameOfUID.
func uidOfName(name string) (uid string, ok bool) {
	name, ok = strings.CutSuffix(name, ours)
	_, coded, found := strings.Cut(name, ".U")
	if !ok || !found {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(coded); i++ {
		if coded[i] != '%' {
			b.WriteByte(coded[i])
			continue
		}
		octet, err := strconv.ParseUint(coded[i+1:min(i+3, len(coded))], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(octet))
		i += 2
	}
	return b.String(), control.ValidUID(b.String())
}

// A file is a mail in a Maildir.
type file struct {
	sub, name string // "cur" or "new", and the name with its flags
	known     bool   // Dovecot's list has it
	listed
}

// filesOf lists the mails of a Maildir; its subfolders are not looked at.
func filesOf(dir string) (files []file, err error) {
	for _, sub := range []string{"new", "cur"} {
		found, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !strings.HasPrefix(f.Name(), ".") && !f.IsDir() {
				files = append(files, file{sub: sub, name: f.Name()})
			}
		}
	}
	return files, nil
}

// ReadMaildir returns the letters of a Maildir, new ones and seen ones: in the order of Dovecot's list, then by
// the time in their names.
func ReadMaildir(dir string) (letters iter.Seq2[control.Letter, error], count int, err error) {
	files, err := filesOf(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, fmt.Errorf("%s is no Maildir: %w", dir, err)
	}
	if err != nil {
		return nil, 0, err
	}
	list, err := openUIDList(filepath.Join(dir, "dovecot-uidlist"))
	if err != nil {
		return nil, 0, err
	}
	for i := range files {
		f := &files[i]
		if f.listed, f.known = list[base(f.name)]; !f.known {
			f.uidl = uidOfFile(f.name)
		}
	}
	sort.Slice(files, func(i, j int) bool {
		a, b := files[i], files[j]
		if a.known != b.known {
			return a.known
		}
		return cmp.Or(cmp.Compare(a.uid, b.uid), cmp.Compare(secondsOf(a.name), secondsOf(b.name)), cmp.Compare(a.name, b.name)) < 0
	})
	return distinct(func(yield func(control.Letter, error) bool) {
		for _, f := range files {
			path := filepath.Join(dir, f.sub, f.name)
			if !yield(control.Letter{Name: path, UID: f.uidl, Open: func() (control.Origin, io.ReadCloser, error) { return openLetter(path) }}, nil) {
				return
			}
		}
	}), len(files), nil
}

func openUIDList(path string) (map[string]listed, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := readUIDList(f)
	if err != nil {
		return nil, fmt.Errorf("%s is not understood, and without it mail programs would download everything again: %w; move it away if that is wanted", path, err)
	}
	return list, nil
}

// uidOfFile makes a unique-id of a file that Dovecot's list does not have.
func uidOfFile(name string) string {
	name = base(name)
	if uid, ok := uidOfName(name); ok {
		return uid
	}
	if control.ValidUID(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// secondsOf returns the time at the beginning of a name, 0 where there is none.
func secondsOf(name string) int64 {
	digits, _, _ := strings.Cut(name, ".")
	seconds, _ := strconv.ParseInt(digits, 10, 64)
	return seconds
}

// openLetter opens a file; who sent it stands in its first line, if anywhere.
func openLetter(path string) (o control.Origin, r io.ReadCloser, err error) {
	f, err := os.Open(path)
	if err != nil {
		return o, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return o, nil, err
	}
	o.Received = info.ModTime()
	in := bufio.NewReader(f)
	start, _ := in.Peek(longestSender) // an error shows when it is read
	line, _, _ := bytes.Cut(start, []byte("\n"))
	if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.EqualFold(string(name), "Return-Path") {
		o.From = strings.Trim(string(bytes.TrimSpace(value)), "<>")
	}
	return o, readCloser{in, f}, nil
}
