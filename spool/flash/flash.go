package flash

import (
	"errors"
	"io"
	"os"
)

// Page is the unit of writing in bytes: every offset, length and buffer address of a
// write is a multiple of it.
const Page = 4096

// A Mode is how slot files live on a volume.
type Mode uint8

const (
	// Recycle: slots are zero-filled once and overwritten in place for ever, by direct
	// writes that leave bytes on their way to a client alone. No name, size or
	// allocation changes, so a flush is one flush.
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
	// Names returns the names of the files in the folder, sorted, its own lock and
	// half-written small files not among them.
	Names() ([]string, error)
	// Create makes a slot file whose name and size are durable when it returns: in
	// Recycle mode filled with size zero bytes, in Append mode empty (reads past its end
	// yield io.EOF). A file that was left half made by a crash is replaced; a whole one is
	// never touched, the error is os.ErrExist.
	Create(name string, size int64) (File, error)
	// Open opens an existing slot file.
	Open(name string) (File, error)
	// Remove removes a file; its space is free when the last handle is closed. Not made durable: a
	// removed file may be back after a power cut, until a later Create or Store has returned nil.
	Remove(name string) error
	// Load reads a small file whole; the error is os.ErrNotExist when there is none.
	Load(name string) ([]byte, error)
	// Store replaces a small file: after a power cut it has the old or the new content, and
	// the new one when Store has returned nil. Four system calls that reach the device.
	Store(name string, data []byte) error
	// Free returns how many bytes the file system can still take.
	Free() (int64, error)
	// Close gives the lock back.
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
	// Handle returns the file to send from with explicit offsets; nil on a volume whose bytes lie in
	// no real file. It is open for reading only.
	Handle() *os.File
	// Close closes the file.
	Close() error
}

// ErrLocked: another process holds the volume.
var ErrLocked = errors.New("flash: another process is using the spool")
