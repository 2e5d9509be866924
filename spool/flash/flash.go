package flash

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"
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

// Aligned returns a zeroed buffer of n bytes that begins on a Page boundary, as direct
// writes and uncached reads need it. It costs at most n + Page bytes.
//
// It must not be inlined: a buffer on a stack would move with it.
//
//go:noinline
func Aligned(n int) []byte {
	p := make([]byte, n)
	if misalignment(p) == 0 {
		return p // true for most sizes of whole pages
	}
	return align(make([]byte, n+Page), n)
}

// align returns the first n bytes of p that begin on a Page boundary.
func align(p []byte, n int) []byte {
	skip := (Page - misalignment(p)) % Page
	return p[skip : skip+n : skip+n]
}

// Whole returns an error for what a direct write or an uncached read would reject. Every File calls
// it, in Append mode too, so that a caller's mistake shows on every volume.
func Whole(p []byte, off int64) error {
	if off < 0 || off%Page != 0 || len(p)%Page != 0 || misalignment(p) != 0 {
		return fmt.Errorf("flash: %d bytes at %d are not whole pages from an aligned buffer", len(p), off)
	}
	return nil
}

// misalignment returns how many bytes behind a Page boundary p begins.
func misalignment(p []byte) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(p))) % Page)
}

const (
	lockName = "LOCK"
	half     = ".tmp" // ends the names of files that are not whole yet
)

// CheckName returns an error for what is not the name of a file that the user of a Volume may have:
// what leads out of the folder, what is hidden, and the names that the volume needs for itself.
func CheckName(name string) error {
	if name == "" || name == lockName || strings.HasSuffix(name, half) ||
		strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("flash: %q is not the name of a file on a volume", name)
	}
	return nil
}

// Options say how a folder is opened. The zero value is right outside tests.
type Options struct {
	// Mode forces how slots live; 0 selects what fits the file system. Forcing Recycle where direct
	// writes do not work is an error.
	Mode Mode
	// ReadOnly opens a volume for reading only, without its lock: on a file system that is mounted
	// read-only, or in a directory that belongs to another server. Every write returns EROFS.
	ReadOnly bool
}

// A Profile is what Open found, for the log and for the status page.
type Profile struct {
	// FileSystem is the name of the file system as mount(8) writes it, or "unknown (0x...)".
	FileSystem string
	// Direct reports that O_DIRECT was tried, works here, and leaves bytes on their way to a client
	// alone. It is not tried on a file system that does not overwrite in place.
	Direct bool
	// Mode is how slots live.
	Mode Mode
	// Volatile reports that what is acknowledged here may be gone after a power cut, because it
	// lies in memory or behind a network. A warning says which.
	Volatile bool
	// ReadOnly is Options.ReadOnly.
	ReadOnly bool
	// Warnings are sentences for the administrator, each with the remedy. A good file system that
	// is mounted well has none.
	Warnings []string
}

// A Wear is what an eMMC reports of its own age (JEDEC eMMC 5.0: DEVICE_LIFE_TIME_EST and
// PRE_EOL_INFO).
type Wear struct {
	// LifeTime are the used tenths of the life, rounded up, of the two kinds of memory: 1 to 10; 11
	// is more than all; 0 is not reported.
	LifeTime [2]int
	// PreEOL is the state of the reserve: 1 normal, 2 four fifths are used, 3 urgent; 0 is not
	// reported.
	PreEOL int
}
