package recovery

import (
	"context"
	"slices"

	"pillarbox/spool/commit"
)

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
