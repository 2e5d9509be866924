package spool

import "slices"

// inherit takes what retired segments say that is true for ever: what was expunged, and what was retired. It is said again by
// segments that count, but not all of these are there when the folder was copied while it was in use, for its slots are then of
// different moments; or when the device lost some. What is found is written again with the next batch.
func (l *loader) inherit() {
	for found := true; found; {
		found = false
		for _, sl := range l.slots {
			if sl == nil || !sl.retired || !sl.header.class.isLog() || sl.inherited {
				continue
			}
			sl.inherited = true
			h := &heir{loader: l}
			if err := l.visitSegment(sl, h); err != nil {
				continue // what it said is lost
			}
			l.inherited = append(l.inherited, h.graves...)
			found = found || h.found
		}
	}
}

// An heir takes the tombstones of a retired segment, and what it retires.
type heir struct {
	*loader
	graves []grave
	found  bool // a segment that had counted
}

func (h *heir) message(summary)   {}
func (h *heir) census(census)     {}
func (h *heir) labelled(labelled) {}

func (h *heir) grave(g grave) { h.graves = append(h.graves, g) }

func (h *heir) retired(r retired) {
	if _, known := h.laid[r]; known {
		return
	}
	if sl := h.slotOf(r.slot); sl != nil && sl.header.segment == r.segment && !sl.retired {
		sl.retired = true
		sl.ghosts = append(sl.ghosts, ghost{segment: r.segment})
		h.found = true
	}
}

// buryInherited applies the tombstones that were found, and keeps those of messages that would live. A tombstone names every segment that
// held the message, in several graves, and each is needed: the message may be in any of them.
func (l *loader) buryInherited() {
	lived := make(map[identity]bool)
	for _, g := range l.inherited {
		for _, m := range l.marks(nil, labelled{key: g.key, epoch: g.epoch, tag: g.tag, seqs: g.seqs}) {
			lived[m.identity] = true
		}
	}
	l.inherited = slices.DeleteFunc(l.inherited, func(g grave) bool {
		l.bury(g, 0)
		return !slices.ContainsFunc(g.seqs, func(seq uint32) bool { return lived[identity{g.epoch, seq}] })
	})
}
