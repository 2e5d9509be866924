package appliance

import (
	"errors"
	"path/filepath"
	"reflect"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
)

// Reload reads configuration, accounts and certificate anew and puts them in force for what begins from now on; sessions
// go on. Each of the three that is bad leaves the old one in force, and the error says what is wrong with it.
func (a *Appliance) Reload() error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.guard.supervisor.Reloading()
	defer func() { a.guard.supervisor.Ready(a.statusLine()) }()
	in := a.rules.Load()
	c, configErr := in.config, error(nil)
	if a.opts.Reread != nil {
		if c, configErr = a.opts.Reread(); configErr != nil {
			c = in.config
		}
	}
	a.noteRestart(c)
	table, accountsErr := accounts.Load(filepath.Join(a.state, accountsFile))
	if accountsErr != nil {
		table = in.table
	}
	renewed, certErr := a.ring.Reload(a.certOptions(withState(c, a.state)))
	a.enforce(c, table)
	err := errors.Join(configErr, accountsErr, certErr)
	if err != nil {
		a.log.Error("reload: the old one stays in force", logbook.Error(err))
		return err
	}
	a.log.Info("reloaded", logbook.Int("accounts", len(table.Accounts())), logbook.Bool("new_certificate", renewed))
	return nil
}

// withState returns c with the state folder that is open.
func withState(c *config.Config, state string) *config.Config {
	copied := *c
	copied.State = state
	return &copied
}

// noteRestart tells which keys have changed that a reload cannot put in force.
func (a *Appliance) noteRestart(c *config.Config) {
	for _, row := range []struct {
		key      string
		was, now any
	}{
		{"state", a.boot.State, c.State},
		{"pop3.listen", a.boot.POP3.Listen, c.POP3.Listen},
		{"pop3.listen_tls", a.boot.POP3.ListenTLS, c.POP3.ListenTLS},
		{"smtp.listen", a.boot.SMTP.Listen, c.SMTP.Listen},
		{"smtp.listen_tls", a.boot.SMTP.ListenTLS, c.SMTP.ListenTLS},
		{"smtp.listen_lmtp", a.boot.SMTP.ListenLMTP, c.SMTP.ListenLMTP},
		{"spool", a.boot.Spool, c.Spool},
		{"service", a.boot.Service, c.Service},
		{"watchdog", a.boot.Watchdog, c.Watchdog},
		{"tls, to a folder that was not read at the start", true, !a.opts.GiveUp || filepath.Dir(c.TLS.Cert) == filepath.Dir(a.boot.TLS.Cert) && filepath.Dir(c.TLS.Key) == filepath.Dir(a.boot.TLS.Key)},
		{"smtp.max_message above its value at the start", true, c.SMTP.MaxMessage <= a.boot.SMTP.MaxMessage},
	} {
		if !reflect.DeepEqual(row.was, row.now) {
			a.log.Warn("this change needs a restart", logbook.String("key", row.key))
		}
	}
}
