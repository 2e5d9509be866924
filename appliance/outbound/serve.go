package outbound

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/spool"
)

// serve sends by one session what waits for an account.
func (q *Queue) serve(ctx context.Context, name string) {
	now := time.Now()
	account, ok := q.account(name)
	if !ok {
		q.putOff(name, throttled, "the remote account is gone, or may not send")
		q.settle(ctx, name, nil)
		return
	}
	if !q.anything(name) || !q.may(account, now) {
		q.settle(ctx, name, nil)
		return
	}
	session, err := q.o.Dialer.Dial(ctx, account)
	if ctx.Err() != nil {
		if err == nil {
			session.Close()
		}
		return
	}
	if err != nil {
		q.notOpened(account, err)
		q.settle(ctx, name, nil)
		return
	}
	defer session.Close()
	q.opened(account, session.Offers().MaxSize)
	q.sendAll(ctx, account, session)
}

// putOff makes everything for an account wait.
func (q *Queue) putOff(name string, d time.Duration, why string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lane(name).wait(time.Now(), d, why)
}

// may reports whether the account may be tried: its login was not refused, and its day is not used
// up.
func (q *Queue) may(a Account, now time.Time) bool {
	generation := q.o.Accounts.Generation(a.Name)
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(a.Name)
	if l.asks != "" && l.asks == generation {
		l.until = now.Add(loginAgain) // the secret may be another one then
		return false
	}
	if l.asks != "" {
		l.asks, l.refused = "", 0
	}
	if n, next := l.left(now, a.PerDay); n == 0 {
		l.wait(now, next.Sub(now), fmt.Sprintf("the limit of %d recipients a day is reached", a.PerDay))
		q.log.Warn("remote account waits", zap.String("remote", a.Name), zap.String("reason", l.why), zap.Time("until", next))
		return false
	}
	return true
}

// opened notes that the server took the login.
func (q *Queue) opened(a Account, largest int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(a.Name)
	l.refused, l.until = 0, time.Time{}
	q.sizes[a.Name] = largest
	if outage := l.connected(time.Now()); outage > 0 {
		q.log.Info("outgoing server reached again", zap.String("remote", a.Name), zap.Duration("after", outage))
	}
}

// MaxSize returns the octets of the largest message that the outgoing server of an account takes,
// as it said last; 0: not known.
func (q *Queue) MaxSize(account string) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sizes[account]
}

// tellOutage is how long a server is out of reach before the log has a warning.
const tellOutage = 24 * time.Hour

// notOpened decides what an error of Dial means for the account. No message is at fault.
func (q *Queue) notOpened(a Account, err error) {
	q.mu.Lock()
	now, l := time.Now(), q.lane(a.Name)
	var refusal *smarthost.Refusal
	asked := false
	switch {
	case errors.Is(err, ErrLoginNeeded), errors.Is(err, smarthost.ErrLogin):
		l.connected(now)
		l.refused++
		l.wait(now, loginAgain, err.Error())
		if errors.Is(err, ErrLoginNeeded) || l.refused >= 2 {
			l.asks, asked = q.o.Accounts.Generation(a.Name), true
		}
	case errors.As(err, &refusal):
		l.connected(now)
		l.wait(now, throttled, err.Error())
		q.log.Warn("remote account waits", zap.String("remote", a.Name), zap.Time("until", l.until), zap.Error(err))
	case errors.Is(err, ErrOffline):
		l.unreached(now, err.Error())
		if now.Sub(l.since) >= tellOutage && !l.told {
			l.told = true
			q.log.Warn("the outgoing server has been out of reach for a day: mail waits", zap.String("remote", a.Name), zap.Error(err))
		}
	default:
		l.connected(now)
		l.wait(now, after(steps[:], triesFor(l.online), rand.Float64()), err.Error())
		q.log.Warn("no session with the outgoing server", zap.String("remote", a.Name), zap.Error(err))
	}
	q.mu.Unlock()
	if asked {
		q.log.Error("remote account needs a login", zap.String("remote", a.Name), zap.Error(err),
			zap.String("do", "pillarbox remote login "+a.Name))
		if q.o.Asks != nil {
			q.o.Asks(a, err.Error())
		}
	}
}

// sessionAge is when a session begins no further message: what waits goes by the next session,
// after the other accounts had their turn.
const sessionAge = 20 * time.Minute

// sendAll sends the parcels that wait, the oldest first, until the session breaks or has become
// old.
func (q *Queue) sendAll(ctx context.Context, a Account, session Session) {
	v, err := q.look(true)
	if err != nil {
		return // the spool is closed
	}
	defer v.Close()
	began := time.Now()
	for _, p := range q.waiting(a.Name) {
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= sessionAge {
			break
		}
		if err := q.send(ctx, a, session, v, p); err != nil {
			break
		}
	}
	q.settle(ctx, a.Name, v)
}

// anything reports whether something is to be sent, and not only to be reported.
func (q *Queue) anything(account string) bool { return len(q.waiting(account)) > 0 }

// waiting returns the parcels of an account that are due, the oldest first.
func (q *Queue) waiting(account string) (list []*parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, p := range q.parcels {
		if p.account == account && !p.held && !q.o.Hold.All() && !p.next.After(now) && len(p.waiting()) > 0 {
			list = append(list, p)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].received.Before(list[j].received) })
	return list
}

// send tries one parcel. An error ends the session.
func (q *Queue) send(ctx context.Context, a Account, session Session, v *spool.View, p *parcel) error {
	to, err := q.begin(a, p)
	if err != nil || len(to) == 0 {
		return err
	}
	defer q.end(p)
	check := sentCheck{q, a, p}
	if to = check.left(ctx, v, to); len(to) == 0 {
		return nil
	}
	stored, err := q.open(v, p, to)
	if err != nil {
		q.log.Error("a queued message cannot be read: it is not sent", zap.String("id", p.id), zap.Error(err))
		q.later(p, "the message cannot be read")
		return nil
	}
	defer stored.close()
	results, broken := session.Send(stored.message(p.from, to))
	check.count(stored.messageID(), to, results)
	return errors.Join(q.finish(ctx, v, a, p, to, results), broken)
}

// begin claims a parcel and returns those of its recipients that are tried now.
func (q *Queue) begin(a Account, p *parcel) ([]*recipient, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	n, next := q.lane(a.Name).left(now, a.PerDay)
	if n == 0 {
		q.lane(a.Name).wait(now, next.Sub(now), fmt.Sprintf("the limit of %d recipients a day is reached", a.PerDay))
		return nil, errStop
	}
	to := slices.DeleteFunc(p.waiting(), func(r *recipient) bool { return r.n == 0 })
	if p.held || q.o.Hold.All() || len(to) == 0 { // a command came since the session began
		return nil, nil
	}
	p.sending = true
	return to[:min(len(to), n, maxTogether)], nil
}

func (q *Queue) end(p *parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p.sending = false
}

// later puts a parcel off by the table.
func (q *Queue) later(p *parcel, why string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p.tries++
	p.next = time.Now().Add(after(steps[:], p.tries, rand.Float64()))
	p.why = why
}
