package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/mdns"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/web"
	"pillarbox/appliance/web/autoconfig"
)

// openPage opens the listeners of the page, with the rights that this process was started with, and
// makes what serves and announces it.
func openPage(a *Appliance, c *config.Config) {
	clients := newPageClients(c)
	server := web.NewServer(pageBackend{a}, a.log)
	server.TLS = a.cert.Config("http/1.1")
	server.Handshake = func(ctx context.Context, conn *tls.Conn) error {
		client := access.ClientOf(conn)
		err := clients.Handshake(ctx, client, conn)
		if err != nil {
			a.log.Debug("TLS handshake of the page failed", zap.Stringer("remote", client), zap.Error(err))
		}
		return err
	}
	server.LoggedIn = func(conn net.Conn, l web.Login) {
		session := a.page.acceptor.Sessions.Of(conn)
		account, ok := a.rules.Load().table.Lookup(l.Account)
		if ok && session != nil && session.Login().Account != account.Name {
			session.LoggedIn(access.LoginOf(account))
		}
	}
	rules := func() listen.Rules {
		return listen.Rules{Allow: a.rules.Load().config.Allow, Servers: map[listen.Protocol]listen.Server{listen.HTTP: server}}
	}
	a.page.server = server
	a.page.acceptor = listen.NewAcceptor(clients, a.log, rules, a.tidier.stir)
	a.page.listeners = listen.OpenPage(c, listen.Options{State: a.state, Rights: a.rights, Log: a.log})
	a.page.loadAuthority(c, a.state, a.log)
	if c.MDNS == "off" || c.MDNS == "auto" && c.Contained() {
		return
	}
	a.page.responder = mdns.New(a.page.announced(c, a.listeners.Listeners()), a.log)
	a.page.responder.Every = a.opts.LookEvery
	a.page.holders = mdns.OpenHolders()
	a.page.responder.Holders = a.page.holders
}

// pageBackend is a web.Backend.
type pageBackend struct{ a *Appliance }

// usualKeepDays is how long clients leave messages on the server where nothing removes them.
const usualKeepDays = 30

func (b pageBackend) Facts() web.Facts {
	a := b.a
	c := a.rules.Load().config
	announced, _ := a.page.name()
	f := web.Facts{
		Hostname: c.Hostname, Names: pageNames(c, a.cert.Leaf().DNSNames, announced), Domains: identity.MailDomains(c), KeepDays: usualKeepDays,
		Fingerprint: a.cert.Fingerprint(), Authority: a.page.authority, AuthorityPrint: a.page.print, HTTP: a.page.port(false), HTTPS: a.page.port(true),
		FirstLogin: a.first.login.Load(), Version: a.opts.Version,
	}
	if days := mailbox.Policy(c.Retention.Keeping).Guaranteed(); days > 0 {
		f.KeepDays = min(days, usualKeepDays)
	}
	f.Incoming, f.Outgoing = endpointsOf(a)
	return f
}

// Well looks at the spool, so it is no part of Facts.
func (b pageBackend) Well() bool { return len(b.a.degraded()) == 0 }

// pageNames returns the names by which the page is reached, in lower case: those of the
// certificate, those of the configuration, and the one that is announced, which has a number if
// another host had the name first.
func pageNames(c *config.Config, certified []string, announced string) (list []string) {
	short, _, _ := strings.Cut(c.Hostname, ".")
	for _, name := range slices.Concat(certified, []string{c.Hostname, short, identity.LocalDomain(c), announced}, c.Web.Names, c.TLS.Names) {
		if name = strings.ToLower(name); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// endpointsOf returns the ports that mail clients use. Those that are reached from this machine
// alone are left out, unless there are no others.
func endpointsOf(a *Appliance) (incoming, outgoing []autoconfig.Endpoint) {
	open := a.listeners.Listeners()
	reached := slices.ContainsFunc(open, func(l *listen.Listener) bool { return l.Protocol == listen.POP3 && !l.Inside() })
	var plain []autoconfig.Endpoint
	for _, l := range open {
		e := autoconfig.Endpoint{Port: l.Port(), Implicit: l.TLS}
		switch {
		case reached && l.Inside():
		case l.Protocol == listen.POP3:
			incoming = append(incoming, e)
		case l.Protocol == listen.Submission || l.Protocol == listen.SMTP && l.TLS:
			outgoing = append(outgoing, e)
		case l.Protocol == listen.SMTP:
			plain = append(plain, e)
		}
	}
	if len(outgoing) == 0 {
		outgoing = plain
	}
	return incoming, outgoing
}

func (b pageBackend) LogIn(ctx context.Context, conn net.Conn, user, password string) (web.Login, error) {
	login, err := b.a.logins.Check(ctx, access.Credentials{Client: access.ClientOf(conn), User: user, Password: password})
	switch {
	case errors.Is(err, access.ErrWrong):
		return web.Login{}, web.ErrWrong
	case errors.Is(err, access.ErrBusy):
		return web.Login{}, web.ErrBusy
	case err != nil:
		return web.Login{}, err
	}
	in := b.a.rules.Load()
	account, ok := in.table.Lookup(login.Account)
	if !ok || !(access.Rules{Accounts: in.table, Routing: in.routing}).Holds(login) {
		return web.Login{}, web.ErrWrong
	}
	if session := b.a.page.acceptor.Sessions.Of(conn); session != nil {
		session.LoggedIn(login)
	}
	return web.Login{Account: account.Name, Verifier: string(account.Verifier.Digest())}, nil
}

func (b pageBackend) Holds(l web.Login) bool {
	account, ok := b.a.rules.Load().table.Lookup(l.Account)
	return ok && string(account.Verifier.Digest()) == l.Verifier
}

func (b pageBackend) Admin(name string) bool {
	in := b.a.rules.Load()
	return b.a.page.administers(in.config, in.table, name)
}

func (b pageBackend) Seen(from netip.Addr) time.Time { return b.a.page.devices.from(from) }

func (b pageBackend) Devices(account string) (list []web.Device) {
	for _, r := range b.a.page.devices.of(account) {
		d := web.Device{Name: r.from.String(), Protocol: r.protocol, At: r.at}
		if r.view != account {
			d.Name = r.view
		}
		if r.tls != 0 {
			d.TLS = tlsName(r.tls)
		}
		list = append(list, d)
	}
	return list
}

// Add, SetPassword and Remove change the accounts file, and put it in force before they return.
func (b pageBackend) Add(_ context.Context, name, password string) (string, error) {
	if password == "" {
		password = newPassword()
	}
	return password, b.edit(func(t *accounts.Table) (*accounts.Table, error) { return t.Add(name, password) })
}

func (b pageBackend) SetPassword(_ context.Context, name, password string) (string, error) {
	if password == "" {
		password = newPassword()
	}
	return password, b.edit(func(t *accounts.Table) (*accounts.Table, error) { return t.SetPassword(name, password) })
}

func (b pageBackend) Remove(_ context.Context, name string) error {
	return b.edit(func(t *accounts.Table) (*accounts.Table, error) { return t.Remove(name) })
}

// edit changes the accounts file. A reload that reports an error about another file has logged it,
// and puts the accounts in force all the same.
func (b pageBackend) edit(change func(*accounts.Table) (*accounts.Table, error)) error {
	if _, err := accounts.Edit(filepath.Join(b.a.state, statedir.AccountsFile), change); err != nil {
		return err
	}
	b.a.Reload()
	return nil
}

func (b pageBackend) LogTail() []string {
	if b.a.opts.LogTail == nil {
		return nil
	}
	return b.a.opts.LogTail()
}

func (b pageBackend) Examine(ctx context.Context) (list []web.Finding) {
	for _, f := range examiner(b).run(ctx) {
		list = append(list, web.Finding{Level: f.Level.String(), Check: f.Check, Text: f.Text, Fix: f.Fix})
	}
	return list
}

// tlsName returns the name of a version of TLS.
func tlsName(version uint16) string {
	if version == 0x0304 {
		return "TLS 1.3"
	}
	return "TLS 1." + strconv.Itoa(int(version)-0x0301)
}
