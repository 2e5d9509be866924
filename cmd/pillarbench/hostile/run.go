package hostile

import (
	"io"
	"time"

	"pillarbox/cmd/pillarbench/server"
)

const (
	// WorstAnswer is the target for the slowest reply to a known client.
	WorstAnswer = 250 * time.Millisecond
	// baseFetches is how often the known client polls before the attack.
	baseFetches = 10
	// pollPause is the time between two polls of the known client.
	pollPause = 500 * time.Millisecond
)

// Options are the options of a hostile run.
type Options struct {
	Binary     string
	Part       int           // one in how many clients of the crowd comes
	KeepMemory int64         // KiB by which private memory may grow
	Lasts      time.Duration // duration of each attack
	Within     time.Duration // limit for replies to a known client; 0 is none
}

// A run is a hostile run.
type run struct {
	Options
	folder string
	out    io.Writer

	// of the current scene
	server *server.Pillarbox
	known  *knownClient
}
