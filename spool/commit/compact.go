package commit

import (
	"context"
	"errors"

	"pillarbox/spool/slots"
)

// MakeRoom makes room ahead of time as long as few slots are left. The caller waits for the
// commits.
func (l *Log) MakeRoom(ctx context.Context) error {
	for l.opt.Table.Few() && ctx.Err() == nil && !l.opt.Table.Held() {
		progress, err := l.cleaner(true).step()
		if errors.Is(err, slots.ErrFull) || errors.Is(err, slots.ErrHeld) {
			break // there is no place to move mail to until some is deleted, or a hold has begun
		}
		if !progress || err != nil {
			return err
		}
	}
	return ctx.Err()
}

// worthwhile is the share of a slot's bytes, in percent, above which Compact leaves a segment
// alone.
const worthwhile = 75

// Compact moves mail together, whether slots are few or not, until every segment is three quarters
// full: each slot that it frees costs as many bytes as lived in it. progress is called after each
// segment. It ends with slots.ErrHeld when a hold begins.
func (l *Log) Compact(ctx context.Context, progress func()) error {
	c := l.cleaner(true)
	for range l.cleaned.Rounds() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.opt.Table.Held() {
			return slots.ErrHeld
		}
		retirable := l.cleaned.Retirable()
		if n, ok := c.victimBytes(); !retirable && (!ok || n > l.opt.Format.SlotSize/100*worthwhile) {
			return nil
		}
		if !retirable {
			l.cleaned.Hurry(true) // room was asked for
		}
		more, err := c.step()
		if err != nil || !more {
			return err
		}
		progress()
	}
	return nil
}
