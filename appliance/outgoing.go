package appliance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/outbound"
	sender "pillarbox/appliance/outbound/child"
	session "pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/statedir"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// How mail leaves: package outbound decides, the remote accounts of the configuration are its
// source, a child process hands the mail over, and reports go into the mailboxes here.

// sending is what sends mail to other servers.
type sending struct {
	*outbound.Queue
	state    string
	spool    *spool.Spool
	intake   *delivery.Intake
	rules    func() sendingRules
	readOnly bool
	now      func() time.Time
	log      *zap.Logger
	grants   *grants
	program  func() *child.Program // that sessions are started from; it may return nil
	inSent   func(ctx context.Context, account, messageID string) (bool, error)
	// dial opens a session in place of a child process; set by tests alone.
	dial func(context.Context, session.Target) (outbound.Session, error)
}

// sendingRules are what is in force for mail to other servers.
type sendingRules struct {
	config  *config.Config
	table   *accounts.Table
	routing *accounts.Routing
}

// open reads what is held, and makes the queue.
func (s *sending) open(trusted func() bool) {
	hold, err := outbound.OpenHold(filepath.Join(s.state, statedir.QueueFile), statedir.Identity, s.queued())
	if err != nil {
		s.log.Error("reading what outgoing mail is held by failed: all of it is held", zap.Error(err))
	}
	if hold.All() {
		s.log.Warn("outgoing mail is held, because the state directory was copied or put back, or by a command: look at it, then release it",
			zap.String("do", "pillarbox queue list; pillarbox queue release -all"))
	}
	s.Queue = outbound.New(outbound.Options{
		Spool: s.spool, Accounts: senders{s}, Dialer: senders{s}, Deliver: s.deliver,
		Wall:     func() (time.Time, bool) { return s.now(), trusted() },
		Hostname: func() string { return s.rules().config.Hostname },
		Asks:     s.tellOwner,
		InSent: func(ctx context.Context, a outbound.Account, messageID string) (bool, error) {
			return s.inSent(ctx, a.Name, messageID)
		},
		Hold: hold, Log: s.log,
	})
}

// run sends what is queued until ctx ends. A server that only reads sends nothing: what was sent
// could not be marked.
func (s *sending) run(ctx context.Context) {
	if !s.readOnly {
		s.Run(ctx)
	}
}

// sendsAs reports whether an address is one of a remote account of a user.
func sendsAs(c *config.Config, user, address string) bool {
	for _, r := range c.Remote {
		account := outbound.Account{Addresses: r.Address}
		if r.Owner == user && r.Send && account.Has(address) {
			return true
		}
	}
	return false
}

// checkDevices logs devices that more than one account has: the first one of them sends their mail.
func (s *sending) checkDevices() {
	if err := outbound.CheckDevices(senders{s}.Accounts(), nil); err != nil {
		s.log.Warn("a device cannot be told from others", zap.Error(err))
	}
}

// queued reports whether mail waits.
func (s *sending) queued() bool {
	for _, box := range s.spool.Mailboxes() {
		if box.Key == outbound.Key {
			return true
		}
	}
	return false
}

// senders is an outbound.Source and an outbound.Dialer: the remote accounts of the rules in force.
type senders struct{ *sending }

func (s senders) Accounts() (list []outbound.Account) {
	in := s.rules()
	for _, name := range in.config.Remotes() {
		r := in.config.Remote[name]
		if _, ok := in.table.Lookup(r.Owner); !ok || !r.Send || r.Outgoing == "" {
			continue // an owner that was removed switches the account off
		}
		list = append(list, outbound.Account{
			Name: name, Owner: r.Owner, Addresses: r.Address, Server: r.Outgoing, PerDay: r.PerDay,
			Devices: devicesOf(&r), Local: isLocal(&r),
		})
	}
	return list
}

// devicesOf returns the addresses of devices.
func devicesOf(r *config.Remote) (list []netip.Prefix) {
	for _, device := range r.Devices {
		if addr, err := netip.ParseAddr(device); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return list
}

func isLocal(r *config.Remote) bool {
	for _, device := range r.Devices {
		if device == "local" {
			return true
		}
	}
	return false
}

// Generation changes when the secret of an account does.
func (s senders) Generation(name string) string { return secret.Generation(s.state, name) }

// Dial opens a session with the outgoing server of an account.
func (s senders) Dial(ctx context.Context, account outbound.Account) (outbound.Session, error) {
	r := s.rules().config.Remote[account.Name]
	kept, err := secret.Load(s.state, account.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: it has no login", outbound.ErrLoginNeeded)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", outbound.ErrLoginNeeded, err)
	case kept.Password == "" && kept.Grant == nil || !kept.Fits(r.Incoming, r.Outgoing, r.Pin):
		return nil, fmt.Errorf("%w: its login was given for other servers", outbound.ErrLoginNeeded)
	}
	start := func(login smarthost.Login) (outbound.Session, error) {
		return s.start(ctx, session.Target{Server: r.Outgoing, Implicit: config.ImplicitTLS(r.Outgoing), Pin: r.Pin, Login: login})
	}
	if kept.Grant == nil && !r.OAuth() {
		return start(smarthost.Login{User: r.User, Password: kept.Password})
	}
	if why := reasonFor(account.Name, &r, kept.Grant); why != "" {
		return nil, fmt.Errorf("%w: %s", outbound.ErrLoginNeeded, why)
	}
	return s.grants.send(ctx, account.Name, r.User, start)
}

// start starts a child and has it log in.
func (s senders) start(ctx context.Context, t session.Target) (outbound.Session, error) {
	if s.dial != nil {
		return s.dial(ctx, t)
	}
	if s.program() == nil {
		return nil, errors.New("the program cannot be started a second time")
	}
	one, err := sender.Start(ctx, s.program().Path(), t)
	if err != nil {
		return nil, err
	}
	return one, nil
}

// deliver stores a report of the queue in the mailbox of an account, or in that of the
// postmaster if it is gone.
func (s *sending) deliver(ctx context.Context, owner string, text []byte) error {
	in := s.rules()
	if _, ok := in.table.Lookup(owner); !ok {
		names, err := in.routing.Route("postmaster", "")
		if err != nil {
			return err
		}
		owner = names[0]
	}
	head := "Return-Path: <>\r\nDelivered-To: <" + owner + "@" + in.config.Hostname + ">\r\n"
	d, err := s.intake.Begin(ctx, delivery.Message{Source: delivery.Bounce, Size: int64(len(text)), Received: s.now()},
		[]delivery.Recipient{{Account: owner, Head: []byte(head)}})
	if err != nil {
		return err
	}
	defer d.Abort()
	var scanner wire.Scanner
	if _, err := d.Write(scanner.Close(scanner.ScanRaw(nil, text))); err != nil {
		return err
	}
	return d.Commit(ctx, scanner.Shape())
}

// tellOwner leaves a message for the owner of a remote account whose login is refused. Of one by
// OAuth 2.0 the owner is told already, once for fetching and sending.
func (s *sending) tellOwner(account outbound.Account, why string) {
	if r := s.rules().config.Remote[account.Name]; r.OAuth() {
		return
	}
	host := s.rules().config.Hostname
	text := fmt.Sprintf("From: Mail server <postmaster@%s>\r\nTo: <%s@%s>\r\nDate: %s\r\nSubject: Sending through %s needs a new password\r\n"+
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+
		"The provider does not accept the login of %s:\r\n\r\n    %s\r\n\r\nYour messages wait and are not lost. On the server, run\r\n\r\n    pillarbox remote login %s\r\n",
		host, account.Owner, host, s.now().Format(time.RFC1123Z), account.Name, account.Addresses[0], why, account.Name)
	if err := s.deliver(context.Background(), account.Owner, []byte(text)); err != nil {
		s.log.Error("telling the owner of a remote account failed", zap.String("remote", account.Name), zap.Error(err))
	}
}
