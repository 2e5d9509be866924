package flash

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A file is a File on a real file system: two descriptors of one inode, or one in a read-only
// volume.
type file struct {
	reader *os.File // read only, through the page cache; what sendfile(2) is given
	writer *os.File // O_DIRECT in Recycle mode, else through the page cache; nil if read-only
	direct bool     // writer is O_DIRECT
}

func (d *folder) openFile(name string, direct bool) (*file, error) {
	f := &file{direct: direct}
	how := unix.O_RDWR
	if direct {
		how |= unix.O_DIRECT
	}
	var err error
	if f.reader, err = d.open(name, unix.O_RDONLY, 0); err != nil {
		return nil, err
	}
	if f.writer, err = d.open(name, how, 0); err != nil {
		f.reader.Close()
		return nil, err
	}
	return f, nil
}

// ReadAt reads through the page cache.
func (f *file) ReadAt(p []byte, off int64) (int, error) { return f.reader.ReadAt(p, off) }

// ReadUncached reads what the device holds. In Append mode it first has the kernel drop the pages
// from its cache, which works for clean pages; those that a failed Sync left are clean.
func (f *file) ReadUncached(p []byte, off int64) (int, error) {
	if err := Whole(p, off); err != nil {
		return 0, err
	}
	if f.direct {
		return f.writer.ReadAt(p, off)
	}
	err := control(f.reader, "fadvise", func(fd int) error {
		return unix.Fadvise(fd, off, int64(len(p)), unix.FADV_DONTNEED)
	})
	if err != nil {
		return 0, err
	}
	return f.reader.ReadAt(p, off)
}

// WriteAt writes all of p or returns an error; after an error any part of p may have been written,
// whatever the count says. os.File continues after a short write and after a signal.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if err := Whole(p, off); err != nil {
		return 0, err
	}
	if f.writer == nil {
		return 0, &os.PathError{Op: "write", Path: f.reader.Name(), Err: unix.EROFS}
	}
	n, err := f.writer.WriteAt(p, off)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// Sync makes what was written durable: one fdatasync, never repeated.
func (f *file) Sync() error {
	if f.writer == nil {
		return nil // nothing was written
	}
	return datasync(f.writer)
}

// Handle returns the descriptor to send from.
func (f *file) Handle() *os.File { return f.reader }

// Close closes the descriptors; it flushes nothing.
func (f *file) Close() error {
	err := f.reader.Close()
	if f.writer != nil {
		err = errors.Join(err, f.writer.Close())
	}
	return err
}

// Reserve allocates blocks for the first size bytes: one fallocate that keeps the size of the file.
func (f *file) Reserve(size int64) error {
	return control(f.writer, "fallocate", func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, 0, size)
	})
}
