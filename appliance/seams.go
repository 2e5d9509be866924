package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"iter"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/appliance/retention"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3"
	"pillarbox/pop3/sasl"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// This is the one file that names the types of two pillars: what pop3 and smtpd ask for, answered by
// spool and accounts. Errors are translated here and nowhere else.

// loginCredit is how many logins of a user may come before pop3.login_delay is over: a mail program that fetches
// and deletes, on two devices, and one try more.
const loginCredit = 5

// maildropLocks are who has a maildrop open where lock = "exclusive". They outlive a reload.
type maildropLocks = pop3.Locks

// newServers makes the servers of a configuration, which tell log of their sessions and have their TLS handshakes done by handshake.
func (a *Appliance) newServers(c *config.Config, log *logbook.Logger, handshake func(context.Context, *tls.Conn) error) map[protocol]server {
	pop := &pop3.Server{
		Hostname:       c.Hostname,
		Implementation: "pillarbox",
		TLS:            a.tlsPOP3,
		Auth:           popAuthenticator{a.logins},
		Store:          store{a},
		Expire:         a.expiry,
		Log:            log,
		PlaintextAuth:  c.POP3.PlaintextAuth.Contains,
		Handshake:      handshake,
	}
	if c.POP3.Exclusive {
		pop.Exclusive = a.locks
	}
	if every := time.Duration(c.POP3.LoginDelay); every > 0 {
		pop.LoginDelay = &pop3.Delays{Every: every, Credit: loginCredit}
	}
	receiver := func(lmtp, login bool) *smtpd.Server {
		s := &smtpd.Server{
			Hostname:      c.Hostname,
			TLS:           a.tlsSMTP,
			Handshake:     handshake,
			Auth:          smtpAuthenticator{a.logins},
			PlaintextAuth: c.SMTP.PlaintextAuth.Contains,
			Router:        router{a},
			Spooler:       spooler{a},
			Now:           a.now,
			MaxMessage:    int64(min(c.SMTP.MaxMessage, a.boot.SMTP.MaxMessage)), // the spool was opened for no more
			LMTP:          lmtp,
			RequireAuth:   login,
			Log:           log,
		}
		if c.SMTP.OwnAddress {
			s.Owns = a.owns
		}
		return s
	}
	return map[protocol]server{
		protoPOP3:       pop,
		protoSMTP:       receiver(false, c.SMTP.RequireAuth >= config.DemandAlways),
		protoSubmission: receiver(false, c.SMTP.RequireAuth >= config.DemandSubmission),
		protoLMTP:       receiver(true, false),
	}
}

func (a *Appliance) handshake(ctx context.Context, conn *tls.Conn) error {
	return a.gate.handshake(ctx, conn)
}

// owns says whether an address is a user's own, by the rules of the moment.
func (a *Appliance) owns(user string, from smtpd.Path) bool {
	return a.rules.Load().routing.Owns(user, from.Local, from.Domain)
}

// popAuthenticator is a pop3.Authenticator.
type popAuthenticator struct{ logins *logins }

func (p popAuthenticator) Authenticate(ctx context.Context, c pop3.Credentials) (string, error) {
	_, err := p.logins.verdict(ctx, c.User, c.Password, c.Proof, c.Remote)
	if errors.Is(err, errWrong) {
		return "", pop3.ErrAuth
	}
	view, _ := p.logins.rules().routing.View(c.User)
	return view.String(), err
}

// Secret makes it a pop3.Keeper.
func (p popAuthenticator) Secret(user string) sasl.Secret { return p.logins.secretOf(user) }

// smtpAuthenticator is an smtpd.Authenticator.
type smtpAuthenticator struct{ logins *logins }

func (s smtpAuthenticator) Authenticate(ctx context.Context, c smtpd.Credentials) (string, error) {
	user, err := s.logins.verdict(ctx, c.User, c.Password, c.Proof, c.Remote)
	if errors.Is(err, errWrong) {
		return "", smtpd.ErrAuth
	}
	return user, err
}

// Secret makes it an smtpd.Keeper.
func (s smtpAuthenticator) Secret(user string) sasl.Secret { return s.logins.secretOf(user) }

// store is a pop3.Store.
type store struct{ a *Appliance }

func (s store) Open(_ context.Context, user string) (pop3.Maildrop, error) {
	login, _ := accounts.ParseLogin(user)
	in := s.a.rules.Load()
	account, ok := in.table.Lookup(login.Account)
	if !ok {
		return nil, pop3.ErrTemporary // removed since it logged in
	}
	view, err := s.a.spool.View(spool.Key(account.Mailbox))
	if err != nil {
		return nil, err
	}
	wanted := retention.View{Device: login.Device, Recent: login.Recent}
	return maildrop{view, retention.Open(frozen{view}, policyOf(in.config, account.Name), wanted, s.a.witness.Term())}, nil
}

// maildrop is a pop3.Maildrop, and a pop3.Recorder: what a login sees of a view of the spool.
type maildrop struct {
	view *spool.View
	seen *retention.Maildrop
}

func (m maildrop) Len() int                           { return m.seen.Len() }
func (m maildrop) Octets(n int) int64                 { return m.view.Octets(m.seen.At(n)) }
func (m maildrop) AppendUID(dst []byte, n int) []byte { return m.view.AppendUID(dst, m.seen.At(n)) }
func (m maildrop) Retrieved(n int)                    { m.seen.Retrieved(n) }
func (m maildrop) Close() error                       { return readError(m.seen.Close()) }

func (m maildrop) Body(n int) (pop3.Body, error) {
	message, err := m.view.Message(m.seen.At(n))
	if err != nil {
		return nil, readError(err)
	}
	return body{message}, nil
}

func (m maildrop) Expunge(ctx context.Context, marked iter.Seq[int]) error {
	return readError(m.seen.Delete(ctx, marked))
}

// expiry says how long the mail of a user stays by itself; before the login, that of the user whose mail stays the shortest.
func (a *Appliance) expiry(user string) pop3.Expiry {
	in := a.rules.Load()
	if login, _ := accounts.ParseLogin(user); user != "" {
		return pop3.Expiry{Days: announced(policyOf(in.config, login.Account))}
	}
	e := pop3.Expiry{Days: announced(policy(in.config.Retention.Keeping))}
	for i, account := range in.table.Accounts() {
		switch days := announced(policyOf(in.config, account.Name)); {
		case i == 0:
			e.Days = days
		case days != e.Days:
			e.Varies = true
			if e.Days == pop3.Never || days != pop3.Never && days < e.Days {
				e.Days = days
			}
		}
	}
	return e
}

// announced is what a policy guarantees, as EXPIRE says it.
func announced(p retention.Policy) int {
	if days := p.Guaranteed(); days > 0 {
		return days
	}
	return pop3.Never
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

// readError translates what the spool says about mail that is there. What it does not know is told to the
// client as temporary, and logged, by who gets it.
func readError(err error) error {
	switch {
	case errors.Is(err, spool.ErrGone):
		return pop3.ErrGone
	case errors.Is(err, spool.ErrDamaged):
		return pop3.ErrDamaged
	}
	return err
}

// router is an smtpd.Router.
type router struct{ a *Appliance }

func (r router) Mailboxes(ctx context.Context, to smtpd.Path, octets int64) ([]string, error) {
	in := r.a.rules.Load()
	names, err := in.routing.Route(to.Local, to.Domain)
	switch {
	case errors.Is(err, accounts.ErrForeign):
		return nil, smtpd.ErrForeign
	case errors.Is(err, accounts.ErrNobody):
		return nil, smtpd.ErrUnknown
	case err != nil:
		return nil, err
	}
	return r.withRoom(ctx, in, names, octets)
}

// withRoom leaves out mailboxes that are full, so that one of a family that does not fetch its mail does not keep the
// others from theirs.
func (r router) withRoom(ctx context.Context, in *rules, names []string, octets int64) ([]string, error) {
	var room []string
	no := error(smtpd.ErrTooLarge) // when all of them say so; else it may go later
	for _, name := range names {
		account, _ := in.table.Lookup(name)
		if err := r.a.mailboxRoom(ctx, in, account, octets); err != nil {
			r.a.log.Warn("mailbox has no room", logbook.String("mailbox", name), logbook.Int64("octets", octets), logbook.Error(err))
			if !errors.Is(err, spool.ErrTooLarge) {
				no = smtpd.ErrMailboxFull
			}
			continue
		}
		room = append(room, name)
	}
	if len(room) == 0 {
		return nil, no
	}
	return room, nil
}

// spooler is an smtpd.Spooler.
type spooler struct{ a *Appliance }

func (s spooler) Room(octets int64) error {
	return intakeError(s.a.room(context.Background(), octets))
}

func (s spooler) Begin(ctx context.Context, e *smtpd.Envelope, to []smtpd.Recipient) (smtpd.Delivery, error) {
	table := s.a.rules.Load().table
	recipients := make([]spool.Recipient, len(to))
	for i, r := range to {
		account, ok := table.Lookup(r.Mailbox)
		if !ok {
			return nil, smtpd.ErrTemporary // removed since RCPT; the next try is told so
		}
		recipients[i] = spool.Recipient{Mailbox: spool.Key(account.Mailbox), Head: r.Head}
	}
	from := ""
	if !e.From.Null() {
		from = e.From.String()
	}
	d, err := s.a.spool.Begin(ctx, spool.Envelope{From: from, Size: e.Size, Received: e.Received}, recipients)
	if err != nil {
		return nil, intakeError(err)
	}
	return delivery{d}, nil
}

// delivery is an smtpd.Delivery.
type delivery struct{ *spool.Delivery }

func (d delivery) Write(p []byte) (int, error) {
	n, err := d.Delivery.Write(p)
	return n, intakeError(err)
}

func (d delivery) Commit(ctx context.Context, shape wire.Shape) error {
	return intakeError(d.Delivery.Commit(ctx, spool.Shape{Octets: shape.Octets, Header: shape.Header}))
}

// intakeError translates what the spool says about mail that comes in.
func intakeError(err error) error {
	switch {
	case errors.Is(err, spool.ErrFull):
		return smtpd.ErrFull
	case errors.Is(err, spool.ErrMailboxFull):
		return smtpd.ErrMailboxFull
	case errors.Is(err, spool.ErrTooLarge):
		return smtpd.ErrTooLarge
	}
	return err
}
