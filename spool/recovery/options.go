package recovery

import (
	"io"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/index"
)

// Options are what a spool is opened with.
type Options struct {
	Volume   flash.Volume
	SlotSize int64 // of a spool that is made; one that is there keeps its own
	Capacity int64
	CopyTime time.Duration
	Index    index.Options
	Rand     io.Reader
	ReadOnly bool
	Step     func() // called for each slot that is read
	Wake     func() // called when Maintain has something to do
}
