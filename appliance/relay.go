package appliance

import (
	"context"
	"errors"

	"pillarbox/appliance/access"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/smtpd"
)

// relay is an smtpd.Relay.
type relay struct {
	queue   *outbound.Queue
	clients *access.Table
}

func (r relay) Outgoing(_ context.Context, e *smtpd.Envelope) (smtpd.Outgoing, error) {
	s := outbound.Submission{User: e.User, Clear: e.Clear}
	if !e.From.Null() {
		s.From = e.From.String()
	}
	if e.Conn != nil {
		s.Client = e.Remote
		client := access.ClientOf(e.Conn)
		s.Root, s.Shared = client.Root(), r.clients.Shared(client)
	}
	g, err := r.queue.Admit(s)
	var denied *outbound.Denied
	switch {
	case errors.As(err, &denied) && s.User == "" && !denied.Temporary:
		return smtpd.Outgoing{}, smtpd.ErrForeign // a stranger is told nothing about the accounts
	case errors.As(err, &denied):
		return smtpd.Outgoing{}, &smtpd.Denied{Reason: denied.Reason, Temporary: denied.Temporary}
	case err != nil:
		return smtpd.Outgoing{}, err
	}
	from, err := smtpd.ParsePath(g.From)
	if err != nil {
		return smtpd.Outgoing{}, err
	}
	return smtpd.Outgoing{
		Account: g.Account.Name, From: from, Recipients: g.Recipients, MaxSize: r.queue.MaxSize(g.Account.Name),
		Header: func(header []byte) ([]byte, error) {
			out, err := g.Header(header)
			if errors.As(err, &denied) {
				return nil, &smtpd.Denied{Reason: denied.Reason, Temporary: denied.Temporary}
			}
			return out, err
		},
	}, nil
}

// elsewhere returns recipients of other servers as those of the queue.
func elsewhere(e *smtpd.Envelope, id string, o *smtpd.Outside) (delivery.Recipient, error) {
	h := outbound.Head{ID: id, Account: o.Account, To: o.To.String(), Wishes: outbound.Wishes{
		Notify: o.Notify, Return: e.Return, Original: o.Original, EnvelopeID: e.EnvelopeID,
	}}
	head, err := h.Append(nil)
	return delivery.Recipient{Mailbox: outbound.Key, Head: head}, err
}
