package outbound

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/outbound/report"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/spool"
)

// errStop ends a session that could go on: the account has to wait.
var errStop = errors.New("the account waits")

// finish decides what the results of one try mean. What was sent is expunged at once: until then a
// power cut sends it again. The error ends the session.
func (q *Queue) finish(ctx context.Context, v *spool.View, a Account, p *parcel, to []*recipient, results []smarthost.Result) (err error) {
	var relayed []report.Recipient
	q.mu.Lock()
	now := time.Now()
	deferred, doubt, limited := false, false, false
	for i, r := range to {
		q.note(a, p, r, results[i])
		switch result := results[i]; {
		case result.Outcome == smarthost.Sent:
			r.done = true
			q.lane(a.Name).count(now, a.PerDay, 1)
			if r.head.Wishes.Wants("SUCCESS") && !result.Noticed {
				relayed = append(relayed, report.Recipient{Address: r.head.To, Original: r.head.Wishes.Original,
					Status: "2.1.9", Server: hostOf(a.Server), Diagnostic: result.Reply.String(), Last: q.wall()})
			}
		case limits(result.Reply):
			q.lane(a.Name).wait(now, throttled, result.Reply.String())
			limited = true
		case result.Outcome == smarthost.Failed:
			r.failed = &verdict{status: result.Reply.Status(), server: hostOf(a.Server), diagnostic: result.Reply.String(), at: q.wall()}
		case result.Outcome == smarthost.InDoubt:
			doubt = true
		default:
			deferred = true
		}
	}
	if deferred || doubt || limited {
		p.tries++
		p.next = now.Add(after(steps[:], p.tries, rand.Float64()))
	}
	if limited {
		// The account waits for an hour. The message waits longer, so that others go first: if it
		// is always answered so, it does not keep them here.
		p.next, err = p.next.Add(throttled), errStop
	}
	if doubt {
		p.next = now.Add(doubtWait)
	}
	q.mu.Unlock()
	if err == errStop {
		q.log.Warn("remote account waits", zap.String("remote", a.Name), zap.String("reason", p.why), zap.Duration("for", throttled))
	}
	q.expunge(ctx, v, p)
	if len(relayed) > 0 {
		// The log has its error.
		reporter{q, v, a.Owner}.report(ctx, p, to, report.Relayed, relayed, time.Time{})
	}
	return err
}

// note logs the result of one recipient, and keeps its reply. Queue.mu is held.
func (q *Queue) note(a Account, p *parcel, r *recipient, result smarthost.Result) {
	fields := []zap.Field{
		zap.String("remote", a.Name), zap.String("id", p.id), zap.String("from", "<"+p.from+">"), zap.String("to", "<"+r.head.To+">"),
		zap.Int64("size", p.octets), zap.Int("tries", p.tries+1),
	}
	if result.Reply.Code != 0 {
		fields = append(fields, zap.String("reply", result.Reply.String()))
	}
	switch {
	case result.Outcome == smarthost.Sent: // the others wait for another reason
	case result.Reply.Code != 0:
		p.why, p.server = result.Reply.String(), hostOf(a.Server)
	default:
		p.why = "the connection broke"
	}
	switch result.Outcome {
	case smarthost.Sent:
		q.log.Info("message sent", fields...)
	case smarthost.Failed:
		q.log.Info("message refused by the outgoing server", fields...)
	case smarthost.InDoubt:
		p.why = "the server did not answer the end of the message"
		q.log.Warn("no reply to the end of the message: it may be sent twice", fields...)
	default:
		q.log.Info("message deferred", fields...)
	}
}

// limits reports whether a reply is about how much the account may send, not about the message:
// the account waits, and nothing is returned for it. Providers say so with codes of 4xx and 5xx.
func limits(r smarthost.Reply) bool {
	switch {
	case r.Code == 421, r.Code == 454:
		return true
	case r.Code < 400:
		return false
	case slices.Contains(limitCodes[:], r.Enhanced):
		return true
	case slices.Contains(messageCodes[:], r.Enhanced):
		return false
	}
	text := strings.ToLower(r.String())
	return slices.ContainsFunc(limitWords[:], func(word string) bool { return strings.Contains(text, word) })
}

// limitCodes are those of Gmail (4.7.28, 5.4.5) and Exchange (5.1.90, 5.7.705) for an account that
// sent too much; messageCodes are about the mailbox of the recipient, or the size of the message,
// whatever words come with them.
var (
	limitCodes   = [...]string{"4.7.28", "5.7.28", "4.5.4", "5.4.5", "5.1.90", "5.7.705"}
	messageCodes = [...]string{"5.1.1", "5.1.10", "4.2.1", "5.2.1", "4.2.2", "5.2.2", "5.2.3", "4.3.4", "5.3.4"}
)

// limitWords are in the replies of providers to an account that sent too much. "quota" alone may be
// about the mailbox of the recipient.
var limitWords = [...]string{"sending limit", "sending quota", "rate limit", "limit exceeded", "too many messages", "daily limit", "hourly limit", "throttl"}

// expunge removes the recipients of a parcel that are done, with one flush.
func (q *Queue) expunge(ctx context.Context, v *spool.View, p *parcel) {
	q.mu.Lock()
	var numbers []int
	for _, r := range p.to {
		if r.done && r.n > 0 {
			numbers = append(numbers, r.n)
		}
	}
	q.mu.Unlock()
	if len(numbers) == 0 {
		return
	}
	err := v.Expunge(context.WithoutCancel(ctx), slices.Values(numbers))
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		p.settle = time.Now().Add(throttled)
		q.log.Error("removing a message from the queue failed: after a restart it is sent again", zap.String("id", p.id), zap.Error(err))
		return
	}
	p.settle = time.Time{}
	p.to = slices.DeleteFunc(p.to, func(r *recipient) bool { return r.done && slices.Contains(numbers, r.n) })
}

// hostOf returns the host of "host:port".
func hostOf(server string) string {
	if i := strings.LastIndexByte(server, ':'); i >= 0 {
		return server[:i]
	}
	return server
}
