package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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
