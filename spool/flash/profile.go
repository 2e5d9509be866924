package flash

// Options say how a folder is opened. The zero value is right outside tests.
type Options struct {
	// Mode forces how slots live; 0 takes what fits the file system. Forcing Recycle where
	// direct writes do not work is an error.
	Mode Mode
}

// A Profile tells what Open found, for the log and for the status page.
type Profile struct {
	// FileSystem is the name of the file system as mount(8) writes it, or "unknown (0x...)".
	FileSystem string
	// Direct: it was tried, and O_DIRECT works here and leaves bytes on their way to a
	// client alone. Not tried on a file system that does not overwrite in place.
	Direct bool
	// Mode is how slots live.
	Mode Mode
	// Volatile: what is acknowledged here may be gone after a power cut, for it lies in memory or behind a
	// network. A warning says which.
	Volatile bool
	// Warnings are sentences for the administrator, each with the remedy; none on a good file system
	// that is mounted well.
	Warnings []string
}
