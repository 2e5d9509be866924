package spool

import (
	"context"
	"sync/atomic"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
	"pillarbox/spool/recovery"
	"pillarbox/spool/slots"
)

// A Spool is an open spool. Its methods may be called from several goroutines; it starts none of
// its own. It holds no lock: each of its parts has its own.
type Spool struct {
	opt    Options
	format *format.Format
	table  *slots.Table
	index  *index.Index
	log    *commit.Log
	reader *reader.Reader

	chores   chan struct{} // holds a token when Maintain has something to do
	scrubbed atomic.Bool   // what was written last was read again after the start
	found    recovery.Spool
}

// Open opens the spool on a volume, or makes one where there is none. It reads the header and the
// footer of every slot, and the records of the one that was being written. It writes nothing but
// FORMAT, where that is missing or damaged, or says an older version than the slots; a power cut
// while it runs, or before the first commit, changes nothing. ErrVersion, ErrForeign: the folder
// holds something else and was not touched.
//
// The volume is closed on error, too.
func Open(ctx context.Context, opt Options) (*Spool, error) {
	opt.setDefaults()
	s := &Spool{opt: opt, chores: make(chan struct{}, 1)}
	err := opt.check()
	var found *recovery.Spool
	if err == nil {
		found, err = recovery.Open(ctx, s.recovery())
	}
	if err != nil {
		opt.Volume.Close()
		return nil, err
	}
	s.found = *found
	s.format, s.table, s.index, s.log = found.Format, found.Table, found.Index, found.Log
	s.reader = &reader.Reader{Slots: s.table, Format: s.format}
	s.wake()
	return s, nil
}

// recovery returns what a start needs of the options.
func (s *Spool) recovery() recovery.Options {
	return recovery.Options{
		Volume:   s.opt.Volume,
		SlotSize: s.opt.SlotSize,
		Capacity: s.opt.Capacity,
		CopyTime: s.opt.CopyTime,
		Index:    index.Options{IndexBytes: s.opt.IndexBytes, LoadBytes: s.opt.LoadBytes, Today: s.today},
		Rand:     s.opt.Rand,
		ReadOnly: s.opt.ReadOnly,
		Step:     s.opt.Step,
		Wake:     s.wake,
	}
}

// today returns the day by the wall clock.
func (s *Spool) today() uint16 { return format.DayOf(s.opt.Now().Unix()) }

// wake leaves a token for Chores.
func (s *Spool) wake() {
	select {
	case s.chores <- struct{}{}:
	default:
	}
}

// Close waits for the commits that are under way and gives the volume back. Nothing is written: the
// next open goes on where this one ended, as it would after a power cut. What other goroutines do
// with the spool meanwhile, or with its views and deliveries, ends in ErrClosed or, in the middle
// of a read, in os.ErrClosed.
func (s *Spool) Close() error {
	if !s.log.Close() {
		return nil
	}
	return s.opt.Volume.Close()
}
