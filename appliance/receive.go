package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/sasl"
	"pillarbox/pop3/wire"
)

// newReceiver returns the SMTP or LMTP server of a configuration, which logs its sessions to log.
func (a *Appliance) newReceiver(c *config.Config, log *zap.Logger, proto listen.Protocol, login bool, handshake handshaker) *smtpd.Server {
	s := &smtpd.Server{
		Hostname:      c.Hostname,
		TLS:           a.cert.smtp,
		Handshake:     handshake(proto),
		Auth:          smtpAuthenticator{a},
		PlaintextAuth: c.SMTP.PlaintextAuth.Contains,
		Router:        router{a},
		Relay:         relay{a.remote.sending.Queue, a.clients},
		Spooler:       spooler{a.intake, a.remote.sending.Queue},
		Now:           a.now,
		// The spool was opened with this limit.
		MaxMessage:  int64(min(c.SMTP.MaxMessage, a.boot.SMTP.MaxMessage)),
		LMTP:        proto == listen.LMTP,
		RequireAuth: login,
		LoginHolds:  a.logins.holds,
		Recipients:  recipientLimit{a.clients},
		Log:         log,
	}
	if c.SMTP.OwnAddress {
		s.Owns = a.owns
	}
	return s
}

// owns reports whether an address is a user's own, by the rules in force.
func (a *Appliance) owns(user string, from smtpd.Path) bool {
	in := a.rules.Load()
	return in.routing.Owns(user, from.Local, from.Domain) || sendsAs(in.config, user, from.String())
}

// smtpAuthenticator is an smtpd.Authenticator.
type smtpAuthenticator struct{ a *Appliance }

func (s smtpAuthenticator) Authenticate(ctx context.Context, c smtpd.Credentials) (string, error) {
	user, err := s.a.logins.logIn(ctx, c.Conn, access.Credentials{User: c.User, Password: c.Password, Proof: c.Proof})
	switch {
	case errors.Is(err, access.ErrWrong):
		return "", smtpd.ErrAuth
	case errors.Is(err, access.ErrBusy):
		return "", smtpd.ErrTemporary
	}
	if err == nil {
		s.a.page.devices.note(user, user, c.Conn, "SMTP", s.a.now())
	}
	return user, err
}

// Secret makes it an smtpd.Keeper.
func (s smtpAuthenticator) Secret(user string) sasl.Secret { return s.a.logins.Secret(user) }

// SameUser makes it an smtpd.Namer.
func (s smtpAuthenticator) SameUser(identity, user string) bool {
	return s.a.rules.Load().routing.SameAccount(identity, user)
}

// router is an smtpd.Router.
type router struct{ a *Appliance }

func (r router) Mailboxes(_ context.Context, to smtpd.Path, e *smtpd.Envelope) ([]string, error) {
	names, err := r.a.rules.Load().routing.Route(to.Local, to.Domain)
	switch {
	case errors.Is(err, accounts.ErrForeign):
		return nil, smtpd.ErrForeign
	case errors.Is(err, accounts.ErrNobody):
		return nil, smtpd.ErrUnknown
	case err != nil:
		return nil, err
	}
	return r.withRoom(names, e)
}

// withRoom leaves out mailboxes that are full, so that one member of a family who does not fetch
// mail does not keep the others from theirs.
func (r router) withRoom(names []string, e *smtpd.Envelope) ([]string, error) {
	var room []string
	no := error(smtpd.ErrTooLarge) // if it holds for all of them; otherwise it may be sent later
	for _, name := range names {
		err := r.a.intake.MailboxRoom(name, e.Size)
		if err == nil {
			room = append(room, name)
			continue
		}
		remote := zap.Skip()
		if e.Conn != nil { // the log bounds what a client can cause
			remote = zap.Stringer("remote", access.ClientOf(e.Conn))
		}
		r.a.log.Warn("mailbox is full", zap.String("mailbox", name), zap.Int64("size", e.Size), zap.Error(err), remote)
		if !errors.Is(err, delivery.ErrTooLarge) {
			no = smtpd.ErrMailboxFull
		}
	}
	if len(room) == 0 {
		return nil, no
	}
	return room, nil
}

// spooler is an smtpd.Spooler.
type spooler struct {
	intake *delivery.Intake
	queue  *outbound.Queue
}

func (s spooler) Room(_ context.Context, e *smtpd.Envelope) error {
	return intakeError(s.intake.Room(messageOf(e)))
}

func (s spooler) Begin(ctx context.Context, e *smtpd.Envelope, to []smtpd.Recipient) (smtpd.Delivery, error) {
	recipients := make([]delivery.Recipient, len(to))
	m, id := messageOf(e), ""
	for i, r := range to {
		recipients[i] = delivery.Recipient{Account: r.Mailbox, Head: r.Head}
		if r.Outside == nil {
			continue
		}
		if id == "" {
			id = outbound.NewID()
			m.From = "" // of a device it is another one
			if !r.Outside.From.Null() {
				m.From = r.Outside.From.String()
			}
		}
		var err error
		if recipients[i], err = elsewhere(e, id, r.Outside); err != nil {
			return nil, err
		}
	}
	if id != "" {
		if err := s.queue.Prepare(); err != nil {
			return nil, err
		}
	}
	d, err := s.intake.Begin(ctx, m, recipients)
	if err != nil {
		return nil, intakeError(err)
	}
	if id == "" {
		return incoming{d}, nil
	}
	return leaving{incoming{d}, s.queue}, nil
}

// messageOf returns an envelope as package delivery wants it.
func messageOf(e *smtpd.Envelope) delivery.Message {
	m := delivery.Message{Size: e.Size, Received: e.Received}
	if !e.From.Null() {
		m.From = e.From.String()
	}
	if e.Conn != nil {
		m.Sender = &delivery.Sender{Client: access.ClientOf(e.Conn), LoggedIn: e.User != "", Cut: e.Interrupt}
	}
	return m
}

// incoming is an smtpd.Delivery.
type incoming struct{ *delivery.Delivery }

func (d incoming) Write(p []byte) (int, error) {
	n, err := d.Delivery.Write(p)
	return n, intakeError(err)
}

func (d incoming) Commit(ctx context.Context, shape wire.Shape) error {
	return intakeError(d.Delivery.Commit(ctx, shape))
}

// leaving is an incoming that wakes the queue.
type leaving struct {
	incoming
	queue *outbound.Queue
}

func (d leaving) Commit(ctx context.Context, shape wire.Shape) error {
	err := d.incoming.Commit(ctx, shape)
	if err == nil {
		d.queue.Wake()
	}
	return err
}

// intakeError translates an error of package delivery.
func intakeError(err error) error {
	switch {
	case errors.Is(err, delivery.ErrFull):
		return smtpd.ErrFull
	case errors.Is(err, delivery.ErrMailboxFull):
		return smtpd.ErrMailboxFull
	case errors.Is(err, delivery.ErrTooLarge):
		return smtpd.ErrTooLarge
	case errors.Is(err, delivery.ErrWasteful):
		return smtpd.ErrWasteful
	case errors.Is(err, delivery.ErrRemoved): // since RCPT; the next try is refused there
		return smtpd.ErrTemporary
	// The server has logged it; a client is no reason to repeat that.
	case errors.Is(err, delivery.ErrReadOnly):
		return fmt.Errorf("%w: %w", smtpd.ErrTemporary, err)
	}
	return err
}

// recipientLimit is an smtpd.RecipientLimit.
type recipientLimit struct{ clients *access.Table }

func (r recipientLimit) Await(ctx context.Context, conn net.Conn) error {
	err := r.clients.AwaitRecipient(ctx, access.ClientOf(conn))
	if errors.Is(err, access.ErrBusy) {
		return smtpd.ErrManyUnknown
	}
	return err
}

func (r recipientLimit) Found(conn net.Conn) { r.clients.RecipientFound(access.ClientOf(conn)) }
