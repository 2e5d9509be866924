package flash

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
