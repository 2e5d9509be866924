package appliance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/retention"
	"pillarbox/pop3"
	"pillarbox/spool"
)

// This is the one file of the program that names the types of two pillars: a pop3.Store over a
// spool. Errors of the spool become those of pop3 here and nowhere else.

// newServers returns the servers of a configuration, which log their sessions to log.
func (a *Appliance) newServers(c *config.Config, log *zap.Logger, handshake handshaker) map[listen.Protocol]listen.Server {
	receiver := func(proto listen.Protocol, login bool) listen.Server {
		return a.newReceiver(c, log, proto, login, handshake)
	}
	return map[listen.Protocol]listen.Server{
		listen.POP3:       a.newPOP3(c, log, store{a}, handshake),
		listen.SMTP:       receiver(listen.SMTP, c.SMTP.RequireAuth >= config.DemandAlways),
		listen.Submission: receiver(listen.Submission, c.SMTP.RequireAuth >= config.DemandSubmission),
		listen.LMTP:       receiver(listen.LMTP, false),
	}
}

// store is a pop3.Store.
type store struct{ a *Appliance }

func (s store) Open(_ context.Context, user string) (pop3.Maildrop, error) {
	login, _ := accounts.ParseLogin(user)
	in := s.a.rules.Load()
	account, ok := in.table.Find(login.Account)
	if !ok {
		return nil, pop3.ErrTemporary // removed since it logged in
	}
	view, err := s.a.spool.View(spool.Key(account.Mailbox))
	if err != nil {
		return nil, err
	}
	box := mailbox.View{View: view}
	if !box.Admits(login.Device) {
		view.Close()
		return nil, fmt.Errorf("%w: %d devices have a view of the mailbox, which is the limit: use the name of one of them", pop3.ErrTemporary, mailbox.MaxDevices)
	}
	wanted := retention.View{Device: login.Device, Recent: login.Recent}
	seen := retention.Open(box, mailbox.PolicyOf(in.config, account.Name), wanted, s.a.clock.Interval())
	return maildrop{s.a, view, seen, account}, nil
}

// maildrop is a pop3.Maildrop, a pop3.Recorder and a pop3.Prefetcher: what a login sees of a view
// of the spool.
type maildrop struct {
	a    *Appliance
	view *spool.View
	seen *retention.Maildrop
	// account is in the table of the time of the login: a copy would be the largest part of a
	// maildrop.
	account *accounts.Account
}

func (m maildrop) Len() int                           { return m.seen.Len() }
func (m maildrop) Octets(n int) int64                 { return m.view.Octets(m.seen.At(n)) }
func (m maildrop) AppendUID(dst []byte, n int) []byte { return m.view.AppendUID(dst, m.seen.At(n)) }
func (m maildrop) Retrieved(n int)                    { m.seen.Retrieved(n) }
func (m maildrop) Close() error                       { return readError(m.seen.Close()) }

func (m maildrop) Rest()                         { m.view.Rest() }
func (m maildrop) Body(n int) (pop3.Body, error) { return m.BodyAhead(n, 0) }

func (m maildrop) BodyAhead(n int, octets int64) (pop3.Body, error) {
	message, err := m.view.MessageAhead(m.seen.At(n), octets)
	if err != nil {
		return nil, readError(err)
	}
	return body{message}, nil
}

func (m maildrop) Expunge(ctx context.Context, marked iter.Seq[int]) error {
	if !unchanged(m.a.rules.Load().table, m.account) {
		return errRevoked
	}
	err := m.seen.Delete(ctx, marked)
	m.a.intake.KeepRoom(context.WithoutCancel(ctx)) // more may be in the bin now
	return readError(err)
}

// body is a pop3.Body.
type body struct{ *spool.Message }

func (b body) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.Message.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError(err)
	}
	return n, err
}

// Close ends the use of the message: pop3 closes a body once.
func (b body) Close() error {
	b.Message.Recycle()
	return nil
}

func (b body) Extents() []pop3.Extent {
	from := b.Message.Extents()
	if from == nil {
		return nil
	}
	to := make([]pop3.Extent, len(from))
	for i, e := range from {
		to[i] = pop3.Extent(e)
	}
	return to
}

// readError translates what the spool reports about a message that is stored. Any other error is
// temporary for the client, and is logged by the session.
func readError(err error) error {
	switch {
	case errors.Is(err, spool.ErrGone):
		return pop3.ErrGone
	case errors.Is(err, spool.ErrDamaged):
		return pop3.ErrDamaged
	}
	return err
}
