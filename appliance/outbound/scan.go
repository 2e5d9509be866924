package outbound

import (
	"context"
	"errors"
	"io"
	"time"

	"go.uber.org/zap"

	"pillarbox/spool"
)

// scan brings what is in memory in line with the spool: what came is added, what was expunged is
// forgotten. It reads the heads of new messages only.
func (q *Queue) scan() error {
	v, err := q.look(false)
	if err != nil {
		return err
	}
	return v.Close()
}

// look is scan with the view that it leaves open. It is opened under the lock, so that no older
// view comes after a newer one. With own, recipient.n becomes the number in this view: only the
// goroutine of Run may ask for that, because it sends and expunges by these numbers.
func (q *Queue) look(own bool) (*spool.View, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	v, err := q.o.Spool.View(Key)
	if err != nil {
		return nil, err
	}
	by := map[string]*recipient{}
	for _, p := range q.parcels {
		for _, r := range p.to {
			if own {
				r.n = 0
			}
			by[r.uid] = r
		}
	}
	seen := make(map[string]bool, v.Len())
	var buf []byte
	for n := 1; n <= v.Len(); n++ {
		buf = v.AppendUID(buf[:0], n)
		uid := string(buf)
		seen[uid] = true
		r := by[uid]
		if r == nil && !q.known[uid] {
			r = q.add(v, n, uid)
		}
		if r != nil && own {
			r.n = n
		}
	}
	q.known = seen
	q.drop(seen)
	q.scanned = true
	return v, nil
}

// drop removes recipients that are gone. Queue.mu is held.
func (q *Queue) drop(seen map[string]bool) {
	for key, p := range q.parcels {
		left := p.to[:0]
		for _, r := range p.to {
			if seen[r.uid] {
				left = append(left, r)
			}
		}
		p.to = left
		if len(left) == 0 && !p.sending {
			delete(q.parcels, key)
		}
	}
}

// add reads the head of message n and takes it into memory. It returns nil if it cannot be read.
// Queue.mu is held.
func (q *Queue) add(v *spool.View, n int, uid string) *recipient {
	m, err := v.Message(n)
	if errors.Is(err, spool.ErrGone) {
		return nil
	}
	if err != nil {
		q.log.Error("a queued message cannot be read: it is not sent", zap.String("uid", uid), zap.Error(err))
		return nil
	}
	defer m.Close()
	text := make([]byte, min(maxHead, m.Size()))
	if _, err := m.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
		q.log.Error("a queued message cannot be read: it is not sent", zap.String("uid", uid), zap.Error(err))
		return nil
	}
	head, size, err := ParseHead(text)
	if err != nil {
		q.log.Error("a queued message cannot be read: it is not sent", zap.String("uid", uid), zap.Error(err))
		return nil
	}
	key := head.ID + " " + head.Account
	p := q.parcels[key]
	if p == nil {
		p = q.newParcel(head, m.Origin(), v.Octets(n)-int64(size))
		q.parcels[key] = p
	}
	r := &recipient{head: head, uid: uid, size: size}
	p.to = append(p.to, r)
	return r
}

// newParcel begins the plan of a message: it is tried at once. If it was there at the start, it has
// the tries behind it that its age says. Queue.mu is held.
func (q *Queue) newParcel(h Head, o spool.Origin, octets int64) *parcel {
	p := &parcel{
		id: h.ID, account: h.Account, from: o.From, received: o.Received, octets: octets,
		next: time.Now(), base: q.lane(h.Account).online, held: q.o.Hold.Has(h.ID),
		fresh: q.scanned,
	}
	now, trusted := q.o.Wall()
	if q.scanned || !trusted {
		return p
	}
	age := now.Sub(o.Received)
	p.tries = triesFor(age)
	p.noticed = age >= noticeAfter // perhaps: a second notice would say nothing new
	q.log.Info("queued message found at the start: if it was being sent when the server stopped, it may be sent twice",
		zap.String("id", h.ID), zap.String("remote", h.Account))
	return p
}

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
