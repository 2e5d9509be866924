package outbound

import (
	"context"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/outbound/report"
	"pillarbox/spool"
)

// A reporter stores the reports about the messages of one account.
type reporter struct {
	q     *Queue
	view  *spool.View
	owner string // "" for the postmaster
}

// returnFailed reports the recipients that were given up, and marks them as done.
func (o reporter) returnFailed(ctx context.Context, p *parcel) {
	o.q.mu.Lock()
	var list []report.Recipient
	var failed []*recipient
	for _, r := range p.to {
		if r.failed == nil || r.done || r.n == 0 { // without a number it could not be expunged
			continue
		}
		failed = append(failed, r)
		if !r.head.Wishes.Wants("FAILURE") {
			continue
		}
		f := r.failed
		list = append(list, report.Recipient{Address: r.head.To, Original: r.head.Wishes.Original, Status: f.status,
			Server: f.server, Diagnostic: f.diagnostic, Reason: f.reason, Last: f.at})
	}
	o.q.mu.Unlock()
	if len(failed) == 0 {
		return
	}
	if len(list) > 0 && !o.report(ctx, p, failed, report.Failed, list, time.Time{}) {
		o.q.mu.Lock()
		p.settle = time.Now().Add(throttled) // the mailbox of the owner may have room then
		o.q.mu.Unlock()
		return
	}
	o.q.mu.Lock()
	for _, r := range failed {
		r.done = true
	}
	p.settle = time.Time{}
	o.q.mu.Unlock()
}

// notice notifies the sender once that a message is delayed.
func (o reporter) notice(ctx context.Context, p *parcel) {
	o.q.mu.Lock()
	l := o.q.lane(p.account)
	due := !p.noticed && l.online-p.base >= noticeAfter
	var list []report.Recipient
	late := p.waiting()
	for _, r := range late {
		if r.head.Wishes.Wants("DELAY") {
			list = append(list, report.Recipient{Address: r.head.To, Original: r.head.Wishes.Original, Status: "4.4.7",
				Server: p.server, Diagnostic: p.why, Last: o.q.wall()})
		}
	}
	if due {
		p.noticed = true
	}
	until := o.q.wall().Add(returnAfter - (l.online - p.base))
	o.q.mu.Unlock()
	if due && len(list) > 0 {
		o.report(ctx, p, late, report.Delayed, list, until) // the log has its error
	}
}

// report stores a report about recipients of a parcel, and reports whether nothing is left to do.
// The null reverse-path has no report.
func (o reporter) report(ctx context.Context, p *parcel, about []*recipient, action report.Action, to []report.Recipient, until time.Time) bool {
	fields := []zap.Field{zap.String("id", p.id), zap.String("remote", p.account), zap.String("action", string(action)), zap.Int("recipients", len(to))}
	if p.from == "" {
		o.q.log.Warn("message from the null sender is not reported", fields...)
		return true
	}
	r := &report.Report{
		Action: action, Hostname: o.q.o.Hostname(), To: p.from, Arrival: p.received, Now: o.q.wall(), Until: until, Recipients: to,
	}
	r.EnvelopeID = about[0].head.Wishes.EnvelopeID
	if s, err := o.q.open(o.view, p, about); err == nil {
		r.Header = s.plainHeader()
		s.close()
	}
	text, err := r.Compose()
	if err == nil {
		err = o.q.o.Deliver(context.WithoutCancel(ctx), o.owner, text)
	}
	if err != nil {
		o.q.log.Error("storing a delivery report failed", append(fields, zap.Error(err))...)
		return false
	}
	o.q.log.Info("delivery report stored", append(fields, zap.String("user", o.owner))...)
	return true
}
