package outbound

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"pillarbox/spool"
)

// lookAgain is the longest time between two looks for what has become too old.
const lookAgain = time.Hour

// Run sends until ctx ends. It returns when no session is open any more.
func (q *Queue) Run(ctx context.Context) {
	for {
		if err := q.scan(); err != nil && ctx.Err() == nil && !errors.Is(err, spool.ErrClosed) {
			q.log.Error("reading the queue of outgoing mail failed", zap.Error(err))
		}
		timer := time.NewTimer(time.Until(q.due(time.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-q.wake:
			timer.Stop()
			if err := q.scan(); err != nil {
				continue // the next round has the words
			}
		case <-timer.C:
		}
		for _, name := range q.ready(time.Now()) {
			if ctx.Err() != nil {
				return
			}
			q.serve(ctx, name)
		}
	}
}

// due returns when Run has something to do.
func (q *Queue) due(now time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := now.Add(lookAgain)
	for _, p := range q.parcels {
		if at := q.dueAt(p); !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}

// ready returns the accounts with something to send now.
func (q *Queue) ready(now time.Time) (names []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := map[string]bool{}
	found := map[string]bool{}
	for _, p := range q.parcels {
		waiting[p.account] = true
		if at := q.dueAt(p); !at.IsZero() && !at.After(now) && !found[p.account] {
			found[p.account] = true
			names = append(names, p.account)
		}
	}
	for name, l := range q.lanes {
		if !waiting[name] {
			l.idle()
		}
	}
	return names
}
