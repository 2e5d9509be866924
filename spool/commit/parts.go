package commit

import (
	"io"
	"sync/atomic"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// Options are what a log is made with.
type Options struct {
	Format   *format.Format
	Table    *slots.Table
	Index    *index.Index
	Rand     io.Reader // where tags come from
	ReadOnly bool      // every commit is refused
	Wake     func()    // called when Maintain has something to do; it must not block

	// Upgrade makes the spool one of version 2, durably.
	Upgrade func() error
}

// parts is what everything in a log needs: the leader, the bulks and the cleaner. Each part has its
// own lock, or none.
type parts struct {
	opt     Options
	table   slots.Writer
	cleaned slots.Cleaning

	opens    opens
	meter    meter
	progress progress
	staging  Staging

	version   atomic.Int32 // of the format; it grows once
	reclaimed atomic.Int64 // records that retired or carried something
	retired   atomic.Int64 // segments that those records retired
}
