package outbound

import (
	"context"
	"time"

	"go.uber.org/zap"

	"pillarbox/spool"
)

// settle gives up what has become too old, and stores the reports that are due. v may be nil.
func (q *Queue) settle(ctx context.Context, account string, v *spool.View) {
	if ctx.Err() != nil {
		return
	}
	if v == nil {
		var err error
		if v, err = q.look(true); err != nil {
			return // the spool is closed
		}
		defer v.Close()
	}
	owner := ""
	if a, ok := q.account(account); ok {
		owner = a.Owner
	}
	for _, p := range q.of(account) {
		q.expire(p)
		r := reporter{q, v, owner}
		r.returnFailed(ctx, p)
		r.notice(ctx, p)
		q.expunge(ctx, v, p)
	}
}

// of returns the parcels of an account.
func (q *Queue) of(account string) (list []*parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.parcels {
		if p.account == account {
			list = append(list, p)
		}
	}
	return list
}

// expire gives a parcel up: after 5 days with a connection, or 30 days in all.
func (q *Queue) expire(p *parcel) {
	now, trusted := q.o.Wall()
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(p.account)
	reason := ""
	switch {
	case l.online-p.base >= returnAfter && l.asks == "":
		reason = "The outgoing mail server did not accept the message for 5 days."
	case trusted && now.Sub(p.received) >= returnInAll:
		reason = "The message could not be sent for 30 days."
	default:
		return
	}
	if len(p.waiting()) == 0 {
		return
	}
	q.log.Warn("message given up", zap.String("id", p.id), zap.String("remote", p.account), zap.String("reason", reason))
	v := verdict{status: "4.4.7", reason: reason, at: now}
	if p.why != "" {
		v.reason += " Last: " + p.why
	}
	p.giveUp(v)
	p.settle = time.Now()
}
