package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/retention"
	"pillarbox/pop3"
	"pillarbox/pop3/sasl"
)

// loginCredit is how many logins of a user may come before pop3.login_delay is over: a mail client
// that downloads and deletes, on two devices, and one retry.
const loginCredit = 5

// handshaker returns what runs the TLS handshakes of a protocol; nil stands for the usual way.
type handshaker func(listen.Protocol) func(context.Context, *tls.Conn) error

// newPOP3 returns the POP3 server of a configuration, which logs its sessions to log.
func (a *Appliance) newPOP3(c *config.Config, log *zap.Logger, from pop3.Store, handshake handshaker) *pop3.Server {
	pop := &pop3.Server{
		Hostname:       c.Hostname,
		Implementation: "pillarbox",
		TLS:            a.cert.pop3,
		Kernel:         a.cert.kernelFor(c),
		Auth:           popAuthenticator{a},
		Store:          from,
		Expire:         a.expiry,
		Log:            log,
		PlaintextAuth:  c.POP3.PlaintextAuth.Contains,
		Handshake:      handshake(listen.POP3),
		Account:        accountOf,
	}
	if c.POP3.Exclusive {
		pop.Exclusive = a.locks
	}
	if every := time.Duration(c.POP3.LoginDelay); every > 0 {
		pop.LoginDelay = &pop3.Delays{Every: every, Credit: loginCredit}
	}
	return pop
}

// popAuthenticator is a pop3.Authenticator.
type popAuthenticator struct{ a *Appliance }

func (p popAuthenticator) Authenticate(ctx context.Context, c pop3.Credentials) (string, error) {
	_, err := p.a.logins.logIn(ctx, c.Conn, access.Credentials{User: c.User, Password: c.Password, Proof: c.Proof})
	switch {
	case errors.Is(err, access.ErrWrong):
		return "", pop3.ErrAuth
	case errors.Is(err, access.ErrBusy):
		return "", pop3.ErrTemporary
	}
	view, _ := p.a.rules.Load().routing.View(c.User)
	if err == nil {
		p.a.page.devices.note(view.Account, view.String(), c.Conn, "POP3", p.a.now())
	}
	return view.String(), err
}

// Secret makes it a pop3.Keeper.
func (p popAuthenticator) Secret(user string) sasl.Secret { return p.a.logins.Secret(user) }

// SameUser makes it a pop3.Namer: a view of a mailbox is a user there.
func (p popAuthenticator) SameUser(identity, user string) bool {
	return p.a.rules.Load().routing.SameView(identity, user)
}

// accountOf returns the account of a view, as popAuthenticator returns it.
func accountOf(view string) string {
	login, _ := accounts.ParseLogin(view)
	return login.Account
}

// expiry returns how long the messages of a user stay by themselves; before the login, of the user
// whose messages stay the shortest.
func (a *Appliance) expiry(user string) pop3.Expiry {
	in := a.rules.Load()
	if login, _ := accounts.ParseLogin(user); user != "" {
		return pop3.Expiry{Days: announced(mailbox.PolicyOf(in.config, login.Account))}
	}
	e := pop3.Expiry{Days: announced(mailbox.Policy(in.config.Retention.Keeping))}
	for i, account := range in.table.Accounts() {
		switch days := announced(mailbox.PolicyOf(in.config, account.Name)); {
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

// announced returns what a policy guarantees, as EXPIRE announces it.
func announced(p retention.Policy) int {
	if days := p.Guaranteed(); days > 0 {
		return days
	}
	return pop3.Never
}
