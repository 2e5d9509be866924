package commit

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// upgrade makes the spool one of version 2, before the first remote ids are written. A program that
// does not know them refuses the spool then, and leaves it as it is. If FORMAT cannot be written,
// the members of the group that have remote ids get the error; it returns the others.
//
// Ids that are repeated need no upgrade: a start that finds some raises the version.
func (p *parts) upgrade(group []*waiting) (rest []*waiting) {
	if !slices.ContainsFunc(group, hasNote) || p.version.Load() >= format.Version2 {
		return group
	}
	err := p.opt.Upgrade()
	// FORMAT first, then the records: with the order reversed, a power cut in between would leave
	// records that an older program takes for damage.
	if err == nil {
		p.version.Store(format.Version2)
		return group
	}
	err = fmt.Errorf("write %s: %w", format.Name, err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%w: %w", slots.ErrFull, err)
	}
	err = p.opt.Table.Fault(err)
	for _, w := range group {
		if hasNote(w) {
			w.err = err
		} else {
			rest = append(rest, w)
		}
	}
	return rest
}

// hasNote reports whether remote ids are among the changes.
func hasNote(w *waiting) bool {
	return slices.ContainsFunc(w.changes, func(c Change) bool { _, ok := c.(*RemoteNote); return ok })
}
