package appliance

import (
	"context"
	"crypto/tls"
	"net"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/mdns"
	"pillarbox/appliance/web"
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
