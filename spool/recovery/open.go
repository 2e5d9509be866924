package recovery

import (
	"context"
	"fmt"
	"slices"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// A Spool is what a start has found, ready to be used.
type Spool struct {
	Format     *format.Format
	Table      *slots.Table
	Index      *index.Index
	Log        *commit.Log
	Torn       bool // the newest batch did not read
	FormatLost bool // FORMAT was missing or damaged
}

// Open reads a spool, or makes one where there is none. It writes nothing but FORMAT: where that is
// missing or damaged, or says an older version than the slots.
func Open(ctx context.Context, opt Options) (*Spool, error) {
	names, err := slotNames(opt.Volume)
	if err != nil {
		return nil, err
	}
	f, lost, err := loadFormat(&opt, names)
	if err != nil {
		return nil, err
	}
	// Nothing is made for a caller that only reads: a mistyped path must not become a spool.
	if f == nil && opt.ReadOnly {
		return nil, fmt.Errorf("%w, and there is none yet", commit.ErrReadOnly)
	}
	if f == nil {
		if f, err = makeFormat(&opt); err != nil {
			return nil, err
		}
	}
	if err := checkCapacity(opt.Capacity, f.SlotSize); err != nil {
		return nil, err
	}
	// Reading the headers raises the version of f to the highest that one of them says, and reading
	// the records to 2 if there are remote ids.
	was := max(f.Version, format.Version1)
	h := headers{opt: &opt, format: f}
	if err := h.read(names); err != nil {
		return nil, err
	}
	l := newLoader(&opt, f)
	l.segments, l.start.Epoch, l.torn = h.segments, h.epoch, h.torn
	s, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	// An older FORMAT than its slots is what is left when both were lost that said more.
	if s.FormatLost = lost; (lost || f.Version > was) && !opt.ReadOnly {
		// An error changes nothing: the next start finds the same.
		_ = opt.Volume.Store(format.Name, []byte(f.String()))
	}
	return s, nil
}

// checkCapacity returns an error for a capacity that is too small or too large.
func checkCapacity(capacity, slotSize int64) error {
	if capacity < 8*slotSize {
		return fmt.Errorf("spool: a capacity of %d bytes is less than 8 slots of %d", capacity, slotSize)
	}
	if most := slots.MaxOf(slotSize); capacity/slotSize > most {
		return fmt.Errorf("spool: a capacity of %d bytes is more than %d slots of %d", capacity, most, slotSize)
	}
	return nil
}

// open makes the spool out of its slots, whose headers were read.
func (l *loader) open(ctx context.Context) (*Spool, error) {
	opt := l.opt
	table := slots.New(slots.Options{
		Volume: opt.Volume, Format: l.format, Capacity: opt.Capacity, CopyTime: opt.CopyTime, Wake: opt.Wake,
	}, l.segments.values())
	l.use(table)
	// The table is made before it is filled, because the loader reads through its pins. No other
	// goroutine has it yet.
	if err := l.load(ctx); err != nil {
		table.Close()
		return nil, err
	}
	table.Load(l.segments.values())
	if l.remote {
		l.format.Version = format.Version2
	}
	x := index.New(opt.Index, l.data)
	// The epoch of the log is the greatest that any header, footer or batch names, those of retired
	// segments included: an epoch that is drawn again could bring refused messages back.
	f, volume := *l.format, opt.Volume // the log must not keep the loader in memory
	log, err := commit.New(commit.Options{
		Format: l.format, Table: table, Index: x, Rand: opt.Rand, ReadOnly: opt.ReadOnly, Wake: opt.Wake,
		Upgrade: func() error { return upgrade(volume, f) },
	}, l.start)
	if err != nil {
		table.Close()
		return nil, err
	}
	return &Spool{Format: l.format, Table: table, Index: x, Log: log, Torn: l.torn}, nil
}

// load reads the log segments, and makes the index.
func (l *loader) load(ctx context.Context) error {
	defer l.window.Close()
	if err := l.loadLog(ctx); err != nil {
		return err
	}
	return l.finish(ctx)
}

// Reread makes the index again, as Open does, while the spool is in use: hidden messages appear in
// it. Meanwhile nothing is written, because a batch would change what is read; views stay what they
// are. It does nothing unless hidden messages should appear.
func Reread(ctx context.Context, opt Options, s *Spool) error {
	if !s.Index.RereadDue() {
		return nil
	}
	// Frozen, and not only locked: a start reads for seconds, and readers need the lock meanwhile.
	end, ok := s.Log.Freeze()
	if !ok {
		return nil
	}
	defer s.Log.Thaw()
	opt.Step = s.Log.Step // because commits wait meanwhile
	l := newLoader(&opt, s.Format)
	l.use(s.Table)
	defer l.window.Close()
	l.start.Inherited = slices.Clone(end.Inherited) // no segment that counts says these yet
	l.data.Tags, l.shown = s.Index.Shown()
	// Headers and ends are as the table has them. The counters are made again, out of the messages.
	for _, g := range s.Table.Segments() {
		l.segments.add(&segment{Segment: g.WithoutMessages()})
	}
	// The segments that grow have no footer on the device yet; the log has it in memory.
	for _, at := range []commit.Position{end.Hot, end.Cold} {
		if at.Active {
			l.segments[at.Slot].foot = at.Foot
		}
	}
	l.findLogs(func(g *segment) bool { return g.Counts() })
	// On error everything stays as it was: what was read is thrown away.
	if err := l.readAgain(ctx); err != nil {
		return err
	}
	// No batch is applied meanwhile, so that counters and index are of the same moment.
	s.Table.Adopt(l.segments.values())
	s.Index.Adopt(l.data)
	return nil
}

// readAgain is both passes of a start over the segments that count.
func (l *loader) readAgain(ctx context.Context) error {
	for _, g := range l.logs {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.opt.Step()
		l.current = g
		var err error
		if g.foot != nil {
			err = l.visit(g, l)
		} else {
			err = l.visitUnread(g, l)
		}
		if err != nil {
			return err
		}
	}
	return l.finish(ctx)
}
