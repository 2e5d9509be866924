package recovery

import (
	"context"
	"fmt"

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
