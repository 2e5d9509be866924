package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pillarbox/appliance/transfer"
)

// A Maildir is a folder that is being written. It is a transfer.Taker.
type Maildir struct {
	tmp, fresh, cur *folder         // fresh is "new"
	has             map[string]bool // unique-ids that are there
	Tally
}

// OpenMaildir makes what is missing of a Maildir and reads what an earlier export has left in it.
func OpenMaildir(dir string) (*Maildir, error) {
	above, err := makeFolder(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	defer above.close()
	in, err := above.sub(filepath.Base(dir), true)
	if err != nil {
		return nil, err
	}
	defer in.close()
	m := &Maildir{has: map[string]bool{}}
	for name, sub := range map[string]**folder{"tmp": &m.tmp, "new": &m.fresh, "cur": &m.cur} {
		if *sub, err = in.sub(name, true); err != nil {
			m.Close()
			return nil, err
		}
	}
	for _, sub := range []*folder{m.fresh, m.cur} {
		files, err := sub.file.ReadDir(-1)
		if err != nil {
			m.Close()
			return nil, err
		}
		for _, f := range files {
			if uid, ok := uidOfName(base(f.Name())); ok {
				m.has[uid] = true
			}
		}
	}
	return m, nil
}

// Finish makes the names of the messages durable.
func (m *Maildir) Finish() error { return m.fresh.flush() }

// Close closes the folder.
func (m *Maildir) Close() {
	for _, sub := range []*folder{m.tmp, m.fresh, m.cur} {
		if sub != nil {
			sub.close()
		}
	}
}

// Wants reports whether a message is not there.
func (m *Maildir) Wants(uid string, _ int64) bool {
	if m.has[uid] {
		m.Skipped++
	}
	return !m.has[uid]
}

// Damaged notes a mail that is not in the folder.
func (m *Maildir) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

// Take writes a mail and flushes it, before it has its name.
func (m *Maildir) Take(uid string, o transfer.Origin, content io.Reader) error {
	name := nameOfUID(uid, o.Received.Unix())
	f, err := m.tmp.create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = setTime(f, o.Received)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, m.tmp.remove(name))
	}
	if err := m.tmp.rename(name, m.fresh, name); err != nil {
		return err
	}
	m.has[uid] = true
	m.Kept++
	return nil
}

// setTime gives an open file the time of its message.
func setTime(f *os.File, when time.Time) error {
	at := unix.NsecToTimeval(when.UnixNano())
	if err := unix.Futimes(int(f.Fd()), []unix.Timeval{at, at}); err != nil {
		return &os.PathError{Op: "chtimes", Path: f.Name(), Err: err}
	}
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
	return b.String(), transfer.ValidUID(b.String())
}
