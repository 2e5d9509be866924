package config

import (
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pillarbox/appliance/names"
)

// Validate returns the problems of a complete Config, key by key. It folds host names to lower
// case, which is the form in which they are compared.
func (c *Config) Validate() []Problem {
	var v verdict
	v.names(c)
	v.further(c)
	v.web(c)
	v.folders(c)
	v.listeners(c)
	v.sizes(c)
	v.retention(&c.Retention)
	v.aliases(c)
	v.remotes(c)
	v.words(c)
	return v.problems
}

func (v *verdict) names(c *Config) {
	c.Hostname = names.Fold(strings.TrimSuffix(c.Hostname, "."))
	if err := checkDomain(c.Hostname); err != nil {
		v.addf("hostname", "%v", err)
	} else if last := c.Hostname[strings.LastIndexByte(c.Hostname, '.')+1:]; !isAlpha(last) {
		v.addf("hostname", "%q ends in %q: a host name, not an address, is needed; mail clients refuse others", c.Hostname, last)
	}
	for i, domain := range c.Domains {
		c.Domains[i] = names.Fold(strings.TrimSuffix(domain, "."))
		if err := checkDomain(c.Domains[i]); err != nil {
			v.addf("domains", "%v", err)
		}
	}
	if c.Allow.Empty() {
		v.addf("allow", `is empty, so no client could connect; "private" is the home network`)
	}
}

// further checks tls.names, and folds them to the form they are compared in.
func (v *verdict) further(c *Config) {
	for i, name := range c.TLS.Names {
		name = names.Fold(strings.TrimSuffix(name, "."))
		addr, err := netip.ParseAddr(name)
		switch {
		case err == nil && addr.Zone() != "":
			v.addf("tls.names", "%q has a zone, which no certificate can hold; write the address without it", name)
		case err == nil && (addr.IsUnspecified() || addr.IsMulticast()):
			v.addf("tls.names", "%q is not the address of a server; write one that clients connect to", name)
		case err == nil:
			name = addr.Unmap().String()
		case isNumber(name[strings.LastIndexByte(name, '.')+1:]):
			v.addf("tls.names", "%q is neither a host name nor an address", name)
		default:
			if err := checkDomain(name); err != nil {
				v.addf("tls.names", "%v", err)
			}
		}
		c.TLS.Names[i] = name
	}
}

func (v *verdict) folders(c *Config) {
	switch {
	case c.State == "":
		v.addf("state", "no state directory is known: set state, or $XDG_STATE_HOME, or $HOME")
	case !filepath.IsAbs(c.State):
		v.addf("state", "%q is not an absolute path; it has to begin with /", c.State)
	}
	const together = "goes together with %s; without both, pillarbox makes its own certificate"
	switch {
	case c.TLS.Cert != "" && c.TLS.Key == "":
		v.addf("tls.cert", together, "tls.key")
	case c.TLS.Cert == "" && c.TLS.Key != "":
		v.addf("tls.key", together, "tls.cert")
	}
	for _, file := range []struct{ key, path string }{{"tls.cert", c.TLS.Cert}, {"tls.key", c.TLS.Key}} {
		if file.path != "" && !filepath.IsAbs(file.path) {
			v.addf(file.key, "%q is not an absolute path; it has to begin with /", file.path)
		}
	}
}

func (v *verdict) sizes(c *Config) {
	if n := c.SMTP.MaxMessage; n < minMessage || n > maxMessage {
		v.addf("smtp.max_message", "%v is outside of %v to %v", n, Size(minMessage), Size(maxMessage))
	}
	capacity := c.Spool.Capacity
	slot := c.Spool.SlotFor(int64(capacity))
	if slot < minSlot || slot > maxSlot || slot%page != 0 {
		v.addf("spool.slot", "%v is not a multiple of 4KiB from %v to %v", slot, Size(minSlot), Size(maxSlot))
	} else if least := max(minSlots*slot, 2*c.SMTP.MaxMessage); capacity != 0 && capacity < least {
		v.addf("spool.capacity", "%v is too small: %v is the least, for 8 slots and twice max_message; make it larger or those smaller", capacity, least)
	} else if n := min(maxSlots, slot/64); capacity > n*slot { // a slot has to hold a list of all
		v.addf("spool.capacity", "%v is too large: %v is the most, for %d slots of %v; a new spool may have larger slots", capacity, n*slot, n, slot)
	}
	if n := c.Service.Memory; n != 0 && (n < minMemory || n > maxMemory) {
		v.addf("service.memory", "%v is outside of %v to %v", n, Size(minMemory), Size(maxMemory))
	}
	if d := time.Duration(c.Watchdog.Timeout); d < minTimeout || d > maxTimeout {
		v.addf("watchdog.timeout", "%v is outside of %v to %v", d, minTimeout, maxTimeout)
	}
}

// levels are the words of log.level.
var levels = []string{"debug", "info", "warn", "error"}

// announcing are the words of mdns.
var announcing = []string{"auto", "on", "off"}

// watchdogs are the words of watchdog.device.
var watchdogs = []string{"none", "auto", "systemd", "procd"}

func (v *verdict) words(c *Config) {
	if d := time.Duration(c.POP3.LoginDelay); d%time.Second != 0 || d > maxLoginDelay {
		v.addf("pop3.login_delay", "%v is not whole seconds up to %v", d, maxLoginDelay)
	}
	if !slices.Contains(levels, c.Log.Level) {
		v.addf("log.level", "%q is not one of %s", c.Log.Level, strings.Join(levels, ", "))
	}
	if !slices.Contains(announcing, c.MDNS) {
		v.addf("mdns", "%q is not one of %s", c.MDNS, strings.Join(announcing, ", "))
	}
	if device := c.Watchdog.Device; !slices.Contains(watchdogs, device) && !strings.HasPrefix(device, "/dev/") {
		v.addf("watchdog.device", `%q is not one of %s or a device, as "/dev/watchdog0"`, device, strings.Join(watchdogs, ", "))
	}
}

// retention checks how long mail is kept.
func (v *verdict) retention(r *Retention) {
	v.keeping(retentionTable, r.Keeping)
	for _, name := range slices.Sorted(maps.Keys(r.Accounts)) {
		if own := r.Accounts[name]; own != r.Keeping {
			v.keeping(retentionTable+"."+accountsTable+"."+name, own)
		}
	}
}

func (v *verdict) keeping(table string, k Keeping) {
	for _, days := range []struct {
		key   string
		value int
	}{{"keep_days", k.KeepDays}, {"keep_days_after_fetch", k.KeepDaysAfterFetch}, {"bin_days", k.BinDays}} {
		if days.value < 0 || days.value > mostDays {
			v.addf(table+"."+days.key, "%d is outside of 0 to %d days; 0 is off", days.value, mostDays)
		}
	}
	if k.MailboxShare < 1 {
		v.addf(table+".mailbox_share", "%v leaves no space for mail; 1%% to 100%% is possible", k.MailboxShare)
	}
	if k.Quota != 0 && k.Quota < minMessage {
		v.addf(table+".quota", "%v is less than the %v that one message may need; 0B means no quota", k.Quota, Size(minMessage))
	}
}

// web checks the names of [web], and folds them to the form in which they are compared.
func (v *verdict) web(c *Config) {
	for i, name := range c.Web.Names {
		name = names.Fold(strings.TrimSuffix(name, "."))
		if _, err := netip.ParseAddr(name); err == nil {
			v.addf("web.names", "%q is an address: the page answers by every address of the machine without this key", name)
		} else if err := checkDomain(name); err != nil {
			v.addf("web.names", "%v; write it without http:// and without a port", err)
		}
		c.Web.Names[i] = name
	}
	for i, name := range c.Web.Admins {
		name = names.Fold(name)
		if name == "" || strings.ContainsAny(name, "@ ") {
			v.addf("web.admins", "%q is not the name of an account; pillarbox user list shows them", name)
		}
		c.Web.Admins[i] = name
	}
	if len(c.Web.Listen) > 0 && c.Web.ListenTLS != nil && len(c.Web.ListenTLS) == 0 {
		v.addf("web.listen_tls", "is empty, so nobody could log in: set it to a port, or set web.listen to [] as well")
	}
}
