package outbound

import (
	"context"
	"slices"
	"strings"

	"go.uber.org/zap"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/spool"
)

// A sentCheck decides about the recipients of a parcel that may have the message.
type sentCheck struct {
	q       *Queue
	account Account
	parcel  *parcel
}

// count notes which recipients a transaction left in doubt, and how many transactions may have put
// a copy into the folder of sent mail. Of several that one try made, one at most ends in doubt: it
// breaks the session.
func (c sentCheck) count(messageID string, to []*recipient, results []smarthost.Result) {
	p := c.parcel
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	doubt, others := false, false
	for i, r := range to {
		switch result := results[i]; {
		case result.Outcome == smarthost.InDoubt:
			r.doubts++
			doubt = true
			others = others || !result.Whole // it is not known which transactions there were
		case result.Outcome == smarthost.Sent, result.Whole && result.Reply.Code != 0:
			others = true // a refusal too: some servers store the copy before they accept the message
		}
	}
	if doubt {
		p.contents++
	}
	if others {
		p.contents++
	}
	if (doubt || others) && messageID != "" {
		c.q.copies.add(messageID, p.key())
	}
}

// left looks for a message in doubt in the provider's folder of sent mail, and returns those
// of the recipients that are still to be sent to. A copy says nothing about a recipient unless each
// transaction that may have left it had this recipient. Where that is not certain the message is
// sent again: it may arrive twice, but it is not lost.
func (c sentCheck) left(ctx context.Context, v *spool.View, to []*recipient) []*recipient {
	q, a, p := c.q, c.account, c.parcel
	if !c.inDoubt(to) {
		return to
	}
	messageID := ""
	if s, err := q.open(v, p, to); err == nil { // send returns the error
		messageID = s.messageID()
		s.close()
	}
	fields := []zap.Field{zap.String("remote", a.Name), zap.String("id", p.id)}
	about := c.provable(to, messageID)
	if len(about) > 0 && q.o.InSent != nil {
		found, err := q.o.InSent(ctx, a, messageID)
		if found && err == nil {
			q.log.Info("message found in the folder of sent mail: it is not sent again", append(fields, zap.Strings("to", addresses(about)))...)
			results := slices.Repeat([]smarthost.Result{{Outcome: smarthost.Sent}}, len(about))
			q.finish(ctx, v, a, p, about, results) // ends no session: all are sent
			to = slices.DeleteFunc(to, func(r *recipient) bool { return slices.Contains(about, r) })
		}
		fields = append(fields, zap.Error(err))
	}
	if c.inDoubt(to) {
		q.log.Warn("message sent again: it may arrive twice", fields...)
	}
	return to
}

// inDoubt reports whether a recipient may have the message.
func (c sentCheck) inDoubt(to []*recipient) bool {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	return slices.ContainsFunc(to, func(r *recipient) bool { return r.doubts > 0 })
}

// provable returns the recipients that certainly have the message if there is a copy of it in the
// folder of sent mail. What happened before the start is not known.
func (c sentCheck) provable(to []*recipient, messageID string) (list []*recipient) {
	p := c.parcel
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if !p.fresh || messageID == "" || !c.q.copies.only(messageID, p.key()) {
		return nil
	}
	for _, r := range to {
		if r.doubts > 0 && r.doubts == p.contents {
			list = append(list, r)
		}
	}
	return list
}

// addresses returns the forward-paths of recipients, as the log shows them.
func addresses(to []*recipient) (list []string) {
	for _, r := range to {
		list = append(list, "<"+r.head.To+">")
	}
	return list
}

// messageID returns the Message-ID with its angle brackets, or "" if it does not tell this message
// from others: there is more than one; it has another form, because providers search for a part of
// the field; or the message is sent again by its reader with the Message-ID that it had (RFC 5322
// section 3.6.6), so that a copy may be older.
func (s *stored) messageID() string {
	for _, name := range [...]string{"resent-from", "resent-date", "resent-to", "resent-message-id"} {
		if len(fieldsOf(s.header, name)) > 0 {
			return ""
		}
	}
	list := fieldsOf(s.header, "message-id")
	if len(list) != 1 {
		return ""
	}
	id := list[0].value()
	left, right, _ := strings.Cut(id, "@")
	if len(left) < 2 || left[0] != '<' || len(right) < 2 || strings.IndexByte(id, '>') != len(id)-1 || strings.ContainsAny(id, " \t\"") {
		return ""
	}
	return id
}
