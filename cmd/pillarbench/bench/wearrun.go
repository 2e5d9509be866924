package bench

import (
	"io"
	"time"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// WearOptions are the options of the wear benchmark.
type WearOptions struct {
	server.Options
	Messages int           // of a row; fewer if they are larger than rowOctets
	Runs     int           // of a row, of which the median is printed
	Pause    time.Duration // after each message of a single sender
	Guard    bool          // fail if a row exceeds its budget
	Import   int           // messages of a file that pillarbox imports, a row of its own; 0: none
}

// A wearRun is a run of the wear benchmark.
type wearRun struct {
	WearOptions
	server server.Server
	device *measure.Device
	out    io.Writer
	notes  measure.Notes
	next   uint64 // number of the next message
}
