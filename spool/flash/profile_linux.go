package flash

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// survey finds out what lies under the folder, and writes nothing. The mode is the one in which
// existing slots were written.
func (d *folder) survey(opt Options) (Profile, error) {
	fs, err := identify(d.file)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{FileSystem: fs.name, Mode: Append, Volatile: fs.volatile(), ReadOnly: opt.ReadOnly}
	if fs.recycle || opt.Mode == Recycle {
		p.Mode = Recycle
	}
	if fs.warning != "" {
		p.Warnings = append(p.Warnings, fs.name+" "+fs.warning)
	}
	p.survey(d.file.Name())
	return p, nil
}

// profile finds out what lies under the folder and how slots live there. On a file system that
// could recycle it writes a page of the lock file twice and flushes once.
func (d *folder) profile(lock *os.File, opt Options) (Profile, error) {
	p, err := d.survey(opt)
	if err != nil || p.Mode != Recycle {
		return p, err
	}
	p.Mode = Append
	refused, err := d.probe(lock)
	if err != nil {
		return Profile{}, err
	}
	p.Direct = refused == ""
	switch {
	case p.Direct && opt.Mode != Append:
		p.Mode = Recycle
	case p.Direct: // Append was asked for
	case opt.Mode == Recycle:
		return Profile{}, fmt.Errorf("flash: slots cannot be recycled in %s: %s", d.file.Name(), refused)
	default:
		p.Warnings = append(p.Warnings, p.FileSystem+" cannot recycle slots here, which costs more flushes: "+refused)
	}
	return p, nil
}

// probe tries in the lock file whether a direct write leaves bytes alone that are on their way to a
// client. It returns why not, in words, or "" if it does; an error means that the file cannot be
// written at all. The lock file keeps its page, so that a full file system can be opened: only the
// very first probe needs room.
//
// The page is held in a pipe as it would be held in a socket: splice(2) and sendfile(2) both hand
// on references to the page cache.
func (d *folder) probe(lock *os.File) (refused string, err error) {
	old, young := Aligned(Page), Aligned(Page)
	for i := range old {
		old[i], young[i] = 'o', 'y'
	}
	if _, err := lock.WriteAt(old, 0); err != nil {
		return "", err
	}
	if err := datasync(lock); err != nil {
		return "", err
	}
	direct, err := d.open(lockName, unix.O_RDWR|unix.O_DIRECT, 0)
	if err != nil {
		return "O_DIRECT is refused: " + err.Error(), nil
	}
	defer direct.Close()
	return overtake(lock, direct, old, young)
}

// overtake puts the first page of cached, which holds old, into a pipe, writes young over it
// through direct, and compares what the pipe, the cache and the device have then.
func overtake(cached, direct *os.File, old, young []byte) (refused string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	defer w.Close()
	held := 0
	err = again(func() error {
		offset := int64(0)
		n, err := unix.Splice(int(cached.Fd()), &offset, int(w.Fd()), nil, Page, 0)
		held = int(n)
		return err
	})
	if err != nil || held != Page {
		return fmt.Sprintf("a page cannot be held back for the probe: splice moved %d bytes: %v", held, err), nil
	}
	if _, err := direct.WriteAt(young, 0); err != nil {
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EIO) || errors.Is(err, unix.EROFS) {
			return "", err
		}
		return "a direct write is refused: " + err.Error(), nil
	}
	got := Aligned(Page)
	if _, err := r.Read(got); err != nil || !bytes.Equal(got, old) {
		return "a direct write changes bytes that wait to be sent", nil
	}
	if _, err := cached.ReadAt(got, 0); err != nil || !bytes.Equal(got, young) {
		return "a direct write is not seen by ordinary reads", nil
	}
	if _, err := direct.ReadAt(got, 0); err != nil || !bytes.Equal(got, young) {
		return "a direct read does not return what was written", nil
	}
	return "", nil
}
