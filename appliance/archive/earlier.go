package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"pillarbox/appliance/transfer"
)

// An earlier export is the mbox file to which another one appends: about 300 octets for each
// message. A message is there if its unique-id is, with the same sum of the header: mailboxes of
// several accounts can be exported to one file, and two of them may have a unique-id in common.
// Mail clients change other header fields and leave those of the sum alone.
type earlier struct {
	file *os.File
	info fs.FileInfo
	uids map[string]bool
	sums map[string]bool // of uid and sum

	last       string // uid and sum of the last message, which may be cut off
	lastOctets int64  // of that message, as POP3 lists it
	octets     int64  // of the message that is exported
}

// ErrNotExported is the error of an mbox file to which an export does not append.
var ErrNotExported = errors.New("this file was not written by an export, or it is damaged; name another file")

func openEarlier(in *folder, name, path string) (e *earlier, err error) {
	e = &earlier{uids: map[string]bool{}, sums: map[string]bool{}}
	if e.file, e.info, err = in.openRegular(name); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := e.read(); err != nil {
		e.file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// read finds the messages of the file.
func (e *earlier) read() error {
	if e.info.Size() == 0 { // of a mailbox that was empty
		return nil
	}
	s := survey{file: e.file, size: e.info.Size(), now: e.info.ModTime(), doubt: func(int, string) {}}
	if err := s.run(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotExported, err)
	}
	for i, one := range s.spans {
		if one.sum == "" {
			return fmt.Errorf("%w: message %d does not begin with X-UIDL", ErrNotExported, i+1)
		}
		e.uids[one.uid] = true
		e.sums[one.uid+" "+one.sum] = true
	}
	end := make([]byte, 2)
	if _, err := e.file.ReadAt(end, e.info.Size()-2); err != nil || string(end) != "\n\n" {
		return fmt.Errorf("%w: it does not end with an empty line", ErrNotExported)
	}
	last := s.spans[len(s.spans)-1]
	e.last = last.uid + " " + last.sum
	source := mboxSource{file: e.file, survey: s}
	octets, err := transfer.OctetsOf(source.contentOf(last, e.file))
	e.lastOctets = octets
	return err
}

// longestHeader bounds how much of a header is compared, in octets.
const longestHeader = 256 << 10

// compare reports whether the file has a message. If not, rest is the whole content.
func (e *earlier) compare(uid string, content io.Reader) (rest io.Reader, there bool, err error) {
	if !e.uids[uid] {
		return content, false, nil
	}
	var header bytes.Buffer
	id := newPopa3dID()
	lines := newSplitter(io.TeeReader(io.LimitReader(content, longestHeader), &header), false)
	for {
		p, err := lines.next()
		if err == io.EOF || err == nil && p.starts && len(p.text) == 0 {
			break
		}
		if err != nil {
			return nil, false, err
		}
		id.add(p.raw, p.starts)
	}
	key := uid + " " + id.uid()
	if e.last == key && e.lastOctets < e.octets {
		return nil, false, fmt.Errorf("%w: its last message is cut off", ErrNotExported)
	}
	return io.MultiReader(&header, content), e.sums[key], nil
}

// copyTo copies the file, with its mode and owner.
func (e *earlier) copyTo(to *os.File) error {
	if err := owned(to, e.info); err != nil {
		return err
	}
	_, err := io.Copy(to, io.NewSectionReader(e.file, 0, e.info.Size()))
	return err
}

// owned gives a file the mode and owner of the one whose place it takes. A group that this user is
// not in is left out.
func owned(f *os.File, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := f.Chown(int(stat.Uid), int(stat.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(info.Mode().Perm())
}

// changed returns an error if another program has written to the file since it was read.
func (e *earlier) changed(in *folder, name string) error {
	now, info, err := in.openRegular(name)
	if err != nil {
		return err
	}
	defer now.Close()
	if !os.SameFile(info, e.info) || info.Size() != e.info.Size() || !info.ModTime().Equal(e.info.ModTime()) {
		return errors.New("another program has changed the file; export again")
	}
	return nil
}
