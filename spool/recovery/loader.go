package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"pillarbox/spool/commit"
	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
	"pillarbox/spool/slots"
)

// A loader reads a spool in two passes. The first one goes from the newest segment to the oldest,
// so that it knows which ones are retired before it comes to them, and gathers all but the
// messages: what was expunged, labels, and how many entries there will be. The second one makes the
// entries of messages that live, from the oldest segment to the newest, which is nearly their order
// in the index. So an expunged message and a second copy of a moved one never take memory, and
// nothing is sorted that need not be.
//
// A loader is used by one goroutine and takes no lock of its own. During Open nothing else has the
// table or the index. During Reread the log is frozen, so that no batch changes what it reads, and
// what it makes is handed over whole (Adopt).
//
// Nothing that it reads is trusted: a record may name any slot, segment, mailbox or number. What
// does not fit the rest is counted as damaged or left out, and never an error; only the device can
// fail a start.
type loader struct {
	opt    *Options
	format *format.Format
	table  *slots.Table   // to pin slots that are read
	window *reader.Window // to verify messages

	// What comes of it.
	segments found
	data     *index.Data
	start    commit.Start
	torn     bool // the newest batch did not read
	remote   bool // there are remote ids, which only version 2 has

	// The first pass.
	current    *segment       // that is being read
	foot       *format.Footer // gathers what a scan finds; nil when a footer is read
	footers    format.FooterReader
	draft      draft                        // of what the footer says that is being read
	logs       []*segment                   // the log segments, the newest first
	manifest   format.Manifest              // the newest that was read
	tombstones []homed                      // all of them, until the second pass
	labels     []homedLabels                // all of them, applied at the end
	remotes    []homedRemotes               // all of them, the same
	retired    map[format.SegmentRef]uint64 // retired segments, and the segment that says so
	stale      bool                         // a slot shows a segment that is gone
	tallies    tallies                      // of each mailbox

	// The second pass.
	expunged expunged                       // what the tombstones name
	shown    map[format.Key]format.Identity // by mailbox: the last that was not hidden
}

// homed is a tombstone set and the segment that it is in.
type homed struct {
	format.TombstoneSet
	home uint64
}

// homedLabels is a label set and the segment that it is in.
type homedLabels struct {
	format.LabelSet
	home uint64
}

// homedRemotes is a set of remote ids and the segment that it is in.
type homedRemotes struct {
	format.RemoteSet
	home uint64
}

func newLoader(opt *Options, f *format.Format) *loader {
	l := &loader{
		opt:      opt,
		format:   f,
		footers:  format.FooterReader{Format: f},
		data:     index.NewData(opt.Index),
		retired:  make(map[format.SegmentRef]uint64),
		tallies:  make(tallies),
		expunged: make(expunged),
	}
	l.draft.Visitor, l.draft.data = l, l.data
	return l
}

// use makes the loader read through a table.
func (l *loader) use(t *slots.Table) {
	l.table = t
	l.window = reader.NewWindow(&reader.Reader{Slots: t, Format: l.format})
}

// position returns the end of the log of a class.
func (l *loader) position(c format.Class) *commit.Position {
	if c == format.ClassCold {
		return &l.start.Cold
	}
	return &l.start.Hot
}

// findLogs lists the log segments, the newest first.
func (l *loader) findLogs(wanted func(*segment) bool) {
	for _, g := range l.segments {
		if g != nil && g.Header.Class.IsLog() && wanted(g) {
			l.logs = append(l.logs, g)
		}
	}
	format.Sort(l.logs, func(a, b *segment) int { return cmp.Compare(b.Header.Segment, a.Header.Segment) })
}

// loadLog reads the log segments that count, the newest first.
func (l *loader) loadLog(ctx context.Context) error {
	l.findLogs(func(*segment) bool { return true })
	// newer has the next segment of each class. The two logs follow each other only within their
	// class.
	newer := make(map[format.Class]*format.Header)
	for _, g := range l.logs {
		if err := ctx.Err(); err != nil {
			return err
		}
		h := &g.Header
		// The header of the next segment of the class says where this one ended: what lies behind
		// was refused, even if it verifies.
		known := uint32(0)
		if n := newer[h.Class]; n != nil && n.Previous == h.Segment {
			known = n.PreviousEnd
		}
		// Retirement records are in newer segments than those that they retire, mostly, and were
		// read before. A segment that the newest manifest denies was retired so long ago that the
		// record itself is gone: its header came back with an old page 0.
		if l.retired[g.ref()] != 0 {
			g.Retired = true
		} else if l.manifest.Denies(g.ref()) {
			g.Retired = true
			l.stale = l.stale || !g.guessed
			g.Stale = append(g.Stale, slots.StaleHeader{Segment: h.Segment})
			continue
		} else if err := l.loadSegment(g, known, newer[h.Class] == nil); err != nil {
			return err
		}
		newer[h.Class] = h
	}
	return nil
}

// loadSegment reads a segment by its footer, or by its records. The newest one may go on.
func (l *loader) loadSegment(g *segment, known uint32, newest bool) error {
	// Pinned, so that the file is opened once for both attempts, and closed when many are open.
	file, err := l.table.PinSegment(g.Slot, g.Header.Segment)
	if err != nil {
		return err
	}
	defer l.table.Unpin(g.Slot)
	l.current = g
	l.opt.Step()
	// A footer states where the segment ends and what counts in it; what lies behind the last batch
	// was refused. So it comes first, also where the records would read. Of a segment whose header
	// was lost only the records tell which log it is of, so they are read.
	err = format.ErrUnreadable
	if !g.guessed {
		err = l.loadFooter(file)
	}
	if errors.Is(err, format.ErrUnreadable) {
		err = l.loadRecords(file, known, newest)
	}
	if err != nil {
		return fmt.Errorf("read slot %d: %w", g.Slot, err)
	}
	if newest {
		at := l.position(g.Header.Class)
		at.Last, at.LastEnd = g.Header.Segment, g.End
	}
	return nil
}

// loadFooter takes what a sealed segment holds from its footer.
func (l *loader) loadFooter(file flash.File) error {
	l.foot = nil
	l.draft.begin()
	seal, err := l.footers.ReadOnce(file, l.current.Header.Segment, &l.draft)
	if err != nil {
		return err
	}
	l.accept(&l.draft)
	l.current.Sealed, l.current.End = true, seal.End
	l.start.Epoch = max(l.start.Epoch, seal.Epoch)
	l.older(seal.Lifetime)
	return nil
}

// loadRecords reads a segment record by record. The newest one of its class becomes the active one.
func (l *loader) loadRecords(file flash.File, known uint32, newest bool) error {
	g := l.current
	l.foot = format.NewFooter()
	g.foot = l.foot
	c := slots.NewScan(file, &g.Segment, l.format, known, l, l.footers.Buf)
	l.footers.Buf = c.Buf // the same memory for footers and scans
	if err := c.Run(); err != nil {
		return err
	}
	// A guessed header does not say which log the segment is of; its records do.
	if g.guessed && c.Cold {
		g.Header.Class = format.ClassCold
	}
	// Damage is what was durable and does not read. A torn tail is none: it was never acknowledged,
	// and the next batch is written over it.
	g.End = c.End
	l.start.Damaged += c.Damaged
	l.torn = l.torn || newest && c.Torn
	l.start.Epoch = max(l.start.Epoch, c.Epoch)
	l.older(c.Lifetime)
	// An older segment without a footer was left after a failed flush, or its footer was lost:
	// nothing is written to it again. A guessed one is sealed from the start.
	if !newest || g.Sealed {
		g.Sealed = true
		return nil
	}
	// The log goes on with the footer that the scan has gathered, so that the one it writes in the
	// end has the batches of before the start, too.
	l.foot.End = c.End
	at := l.position(g.Header.Class)
	at.Active, at.Slot, at.Segment, at.End, at.Foot = true, g.Slot, g.Header.Segment, c.End, l.foot
	return nil
}

// older takes the counters of a segment, if no newer one had more.
func (l *loader) older(life format.Lifetime) {
	// Every batch counts at least one flush, so that the greatest is the newest.
	if life.Flushes > l.start.Lifetime.Flushes {
		l.start.Lifetime = life
	}
}

// leaveRetired lets a head go on in a new segment when the one that grew is retired: a record that
// says so can be in an older segment, of the other class.
func (l *loader) leaveRetired() {
	for _, at := range []*commit.Position{&l.start.Hot, &l.start.Cold} {
		if !at.Active {
			continue
		}
		if g := l.segments[at.Slot]; g.Retired {
			*at = commit.Position{Last: g.Header.Previous, LastEnd: g.Header.PreviousEnd}
			g.Sealed = true
		}
	}
}

// count moves the counters of segments as the index has changed.
func (l *loader) count() {
	l.segments.count(l.data.Counts)
	l.data.Counts = l.data.Counts[:0]
}

// A tally is what the first pass counted of a mailbox. It includes expunged messages and second
// copies.
type tally struct {
	tallied
	box  *index.Mailbox
	cold int             // entries from cold segments, in order; the second pass looks them up
	last format.Identity // messages after it are hidden
}

// Tallies are those of all mailboxes.
type tallies map[format.Key]*tally

// of returns the tally of a mailbox, which is made when its first message is read.
func (t tallies) of(key format.Key) *tally {
	one := t[key]
	if one == nil {
		one = &tally{}
		t[key] = one
	}
	return one
}

// accept counts what a draft holds.
func (l *loader) accept(d *draft) {
	l.start.Damaged += d.damaged
	for epoch, tag := range d.tags {
		l.data.Tags[epoch] = tag
		l.start.Epoch = max(l.start.Epoch, epoch)
	}
	for key, t := range d.tallies {
		all := l.tallies.of(key)
		all.entries += t.entries
		all.uids.Join(&t.uids)
		all.runs += t.runs
		all.day = t.day
	}
}
