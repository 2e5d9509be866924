package appliance

import (
	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/logging"
	"pillarbox/appliance/mailbox"
)

// enforce puts a configuration and accounts in force for what begins from now on.
func (a *Appliance) enforce(c *config.Config, table *accounts.Table) {
	in := &rules{
		config: c, table: table,
		routing: accounts.NewRouting(table, c.Hostname, c.Domains, c.Aliases),
		listen: listen.Rules{
			Allow:   c.Allow,
			Servers: a.newServers(c, a.log, listen.Handshaker{Clients: a.clients, Log: a.log}.Over),
			Probed:  a.newServers(c, zap.NewNop(), listen.Uncounted),
		},
	}
	for _, name := range in.routing.Dangling() {
		a.log.Warn("alias has no mailbox: mail for it is refused", zap.String("alias", name))
	}
	for _, name := range mailbox.Unknown(c, table) {
		a.log.Warn("retention is set for an account that does not exist", zap.String("user", name))
	}
	if a.opts.Level != nil {
		a.opts.Level.Set(logging.ParseLevel(c.Log.Level))
	}
	a.rules.Store(in)
	a.remote.enforce(c, table)
	defer a.remote.sending.checkDevices() // by the new rules
	a.latest.keep(table)
	a.page.devices.keep(table)
}
