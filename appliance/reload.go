package appliance

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/logging"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/statedir"
)

// Reload reads configuration, accounts and certificate again and puts them in force for what begins
// from now on; sessions go on. Each of the three that is bad leaves the old one in force, and the
// error describes what is wrong with it.
func (a *Appliance) Reload() error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.guard.Supervisor.Reloading()
	defer func() { a.guard.Supervisor.Ready(a.statusLine()) }()
	in := a.rules.Load()
	a.reloading.seen = look(a.watched(in.config)) // before the files are read
	c, configErr := in.config, error(nil)
	if a.opts.Reread != nil {
		if c, configErr = a.opts.Reread(); configErr != nil {
			c = in.config
		}
	}
	c = withRemotes(c, a.log)
	a.noteRestart(c)
	table, accountsErr := statedir.ReadAccounts(filepath.Join(a.state, statedir.AccountsFile), a.log)
	if accountsErr != nil {
		table = in.table
	}
	renewed, certErr := a.cert.Reload(a.cert.options(statedir.With(c, a.state)))
	if certErr != nil && c.TLS.Cert != "" {
		certErr = admin.TLSError(c, certErr)
	}
	a.cert.noteOutside(statedir.With(c, a.state))
	a.enforce(c, table)
	a.logins.revoke()
	a.listeners.Retry()
	a.page.reload(a.page.announced(c, a.listeners.Listeners()))
	err := errors.Join(configErr, accountsErr, certErr)
	if err != nil {
		a.logReload(configErr, accountsErr, certErr)
		return err
	}
	a.log.Info("reloaded", zap.Int("accounts", len(table.Accounts())), zap.Bool("new_certificate", renewed))
	return nil
}

// logReload logs why a reload failed: a line for each mistake of the configuration, with its place.
func (a *Appliance) logReload(errs ...error) {
	const event = "reload failed: the previous settings stay in force"
	for _, err := range errs {
		var report *config.Report
		switch {
		case err == nil:
		case errors.As(err, &report):
			for _, p := range report.Problems {
				line := zap.Skip()
				if p.Line > 0 {
					line = zap.Int("line", p.Line)
				}
				a.log.Error(event, zap.String("file", report.File), line, zap.String("error", p.Text))
			}
		default:
			a.log.Error(event, zap.Error(err))
		}
	}
}

// noteRestart logs which keys have changed that a reload cannot put in force.
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
		{"web.listen", a.boot.Web.Listen, c.Web.Listen},
		{"web.listen_tls", a.boot.Web.ListenTLS, c.Web.ListenTLS},
		{"mdns", a.boot.MDNS, c.MDNS},
		{"spool", a.boot.Spool, c.Spool},
		{"service", a.boot.Service, c.Service},
		{"watchdog", a.boot.Watchdog, c.Watchdog},
		{"tls, to a folder that was not read at the start", true, !a.opts.GiveUp || filepath.Dir(c.TLS.Cert) == filepath.Dir(a.boot.TLS.Cert) && filepath.Dir(c.TLS.Key) == filepath.Dir(a.boot.TLS.Key)},
		{"smtp.max_message above its value at the start", true, c.SMTP.MaxMessage <= a.boot.SMTP.MaxMessage},
		{"remote: a port, or the first account, that the server was not confined for", true, a.remote.reaches(c)},
	} {
		if !reflect.DeepEqual(row.was, row.now) {
			a.log.Warn("this change needs a restart", zap.String("key", row.key), zap.String("do", a.remote.restart))
		}
	}
}

// watched returns the files that a reload reads.
func (a *Appliance) watched(c *config.Config) []string {
	files := []string{filepath.Join(a.state, statedir.AccountsFile)}
	for _, file := range []string{cmp.Or(c.File, a.opts.Awaited), c.TLS.Cert, c.TLS.Key} {
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}

// look returns a description of files that changes when they change, and not when they are read.
func look(files []string) string {
	var seen strings.Builder
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			fmt.Fprintf(&seen, "%s is not there\n", file)
			continue
		}
		var inode uint64
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			inode = uint64(stat.Ino)
		}
		fmt.Fprintf(&seen, "%s %d %d %d\n", file, inode, info.Size(), info.ModTime().UnixNano())
	}
	return seen.String()
}

// filesChanged reports whether a watched file is another one than when it was last read.
func (a *Appliance) filesChanged() bool {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	return look(a.watched(a.rules.Load().config)) != a.reloading.seen
}

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
