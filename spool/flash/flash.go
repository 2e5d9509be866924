package flash

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Page is the unit of writing in bytes: every offset, length and buffer address of a
// write is a multiple of it.
const Page = 4096

// A Mode is how slot files live on a volume.
type Mode uint8

const (
	// Recycle: slots are filled with zeros once and overwritten in place from then on, by direct
	// writes that do not change bytes on their way to a client. No name, size or allocation
	// changes, so a flush is one flush of the device.
	Recycle Mode = iota + 1
	// Append: a slot file grows by ordinary writes and is removed when it is dead. Its
	// bytes are never overwritten.
	Append
)

// String returns the word for the log: "recycle" or "append".
func (m Mode) String() string {
	switch m {
	case Recycle:
		return "recycle"
	case Append:
		return "append"
	}
	return "unknown"
}

// A Volume is one flat folder of files on one file system, locked for this process.
type Volume interface {
	// Mode returns how slots live here; it does not change while the volume is open.
	Mode() Mode
	// Names returns the names of the files in the folder, sorted, without its own lock and
	// half-written small files.
	Names() ([]string, error)
	// Create makes a slot file whose name and size are durable when it returns: in Recycle mode
	// filled with size zero bytes, in Append mode empty (reads past its end yield io.EOF). A file
	// that a crash left half made is replaced; a complete one is never touched, the error is
	// os.ErrExist.
	Create(name string, size int64) (File, error)
	// Open opens an existing slot file.
	Open(name string) (File, error)
	// Remove removes a file; its space is free when the last handle is closed. The removal is not
	// durable: the file may be back after a power cut, until a later Create or Store has returned
	// nil.
	Remove(name string) error
	// Load reads a small file whole; the error is os.ErrNotExist if there is none.
	Load(name string) ([]byte, error)
	// Store replaces a small file: after a power cut it has the old or the new content, and
	// the new one when Store has returned nil. Four system calls that reach the device.
	Store(name string, data []byte) error
	// Free returns how many bytes the file system can still take.
	Free() (int64, error)
	// Close releases the lock.
	Close() error
}

// A File is one slot file. Its methods may be called from several goroutines, WriteAt and
// Sync from one at a time.
type File interface {
	// ReadAt reads through the page cache.
	io.ReaderAt
	// ReadUncached reads what the device holds, past the page cache where the file system
	// allows it; offset and length are multiples of Page, p is from Aligned.
	ReadUncached(p []byte, off int64) (int, error)
	// WriteAt writes whole pages; p is from Aligned. It is durable only after Sync.
	io.WriterAt
	// Sync makes what was written durable: one fdatasync. After an error the state of every byte
	// written since the last good Sync is unknown, and calling it again proves nothing.
	Sync() error
	// Reserve reserves room on the file system for the first size bytes, so that writing them later
	// cannot fail for lack of it. The size of the file does not change. It returns
	// errors.ErrUnsupported if the file system cannot reserve.
	Reserve(size int64) error
	// Handle returns the file to send from with explicit offsets, open for reading only. It is nil
	// on a volume whose bytes are in no real file.
	Handle() *os.File
	// Close closes the file.
	Close() error
}

// Errors of Open.
var (
	// ErrLocked is returned while another process holds the volume.
	ErrLocked = errors.New("flash: another process is using the spool")
	// ErrForeign is returned when a name of the volume leads to something that is not a file of it:
	// a link, a FIFO, a file of another user.
	ErrForeign = errors.New("flash: not a file of the spool")
)

// A LockedError is an ErrLocked that names the process that holds the volume.
type LockedError struct {
	PID     int    // 0 if not known
	Command string // its name, "" if it is not known
}

// Error returns the text of ErrLocked and the process.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return ErrLocked.Error()
	}
	return fmt.Sprintf("%v: process %d (%s)", ErrLocked, e.PID, e.Command)
}

// Unwrap returns ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }
