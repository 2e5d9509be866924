package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// keys is the table of all keys, with c as the place for the values. The free names of [aliases]
// and of [retention.accounts] are the exceptions, see aliasesTable and Keeping.keys.
func (c *Config) keys() []key {
	return []key{
		{"hostname", text(&c.Hostname)},
		{"domains", texts(&c.Domains)},
		{"state", text(&c.State)},
		{"allow", prefixes(&c.Allow)},
		{"mdns", text(&c.MDNS)},
		{"pop3.listen", texts(&c.POP3.Listen)},
		{"pop3.listen_tls", texts(&c.POP3.ListenTLS)},
		{"pop3.plaintext_auth", from(&c.POP3.PlaintextAuth)},
		{"pop3.lock", oneOf(&c.POP3.Exclusive, locks)},
		{"pop3.login_delay", parsed(&c.POP3.LoginDelay, ParseDuration)},
		{"smtp.listen", texts(&c.SMTP.Listen)},
		{"smtp.listen_tls", texts(&c.SMTP.ListenTLS)},
		{"smtp.listen_lmtp", texts(&c.SMTP.ListenLMTP)},
		{"smtp.plaintext_auth", from(&c.SMTP.PlaintextAuth)},
		{"smtp.require_auth", oneOf(&c.SMTP.RequireAuth, demands)},
		{"smtp.own_address", boolean(&c.SMTP.OwnAddress)},
		{"smtp.max_message", parsed(&c.SMTP.MaxMessage, ParseSize)},
		{"web.listen", texts(&c.Web.Listen)},
		{"web.listen_tls", texts(&c.Web.ListenTLS)},
		{"web.names", texts(&c.Web.Names)},
		{"web.admins", texts(&c.Web.Admins)},
		{"tls.cert", text(&c.TLS.Cert)},
		{"tls.key", text(&c.TLS.Key)},
		{"tls.names", texts(&c.TLS.Names)},
		{"tls.kernel", oneOf(&c.TLS.Kernel, kernels)},
		{"spool.capacity", parsed(&c.Spool.Capacity, ParseSize)},
		{"spool.slot", parsed(&c.Spool.Slot, ParseSize)},
		{"spool.volatile", boolean(&c.Spool.Volatile)},
		{"retention.keep_days", number(&c.Retention.KeepDays)},
		{"retention.keep_days_after_fetch", number(&c.Retention.KeepDaysAfterFetch)},
		{"retention.bin_days", number(&c.Retention.BinDays)},
		{"retention.mailbox_share", parsed(&c.Retention.MailboxShare, ParsePercent)},
		{"watchdog.device", text(&c.Watchdog.Device)},
		{"watchdog.timeout", parsed(&c.Watchdog.Timeout, ParseDuration)},
		{"log.level", text(&c.Log.Level)},
		{"service.memory", parsed(&c.Service.Memory, ParseSize)},
		{"service.user", text(&c.Service.User)},
		{"service.confine", boolean(&c.Service.Confine)},
	}
}

// aliasesTable is the table whose keys are names of the user's choice.
const aliasesTable = "aliases"

// kernels are the words of tls.kernel.
var kernels = choices[KernelTLS]{{"auto", KernelFaster}, {"on", KernelAlways}, {"off", KernelNever}}

var locks = choices[bool]{{"none", false}, {"exclusive", true}}

// places are the words of plaintext_auth.
var places = choices[Prefixes]{{"never", Prefixes{words: "never"}}, {"private", Private()}, {"always", Anywhere()}}

func from(to *Prefixes) func(any) error { return oneOf(to, places) }

// demands are the words of smtp.require_auth.
var demands = choices[Demand]{{"never", DemandNever}, {"submission", DemandSubmission}, {"always", DemandAlways}}

// A Setting is one key with its value, and where that comes from.
type Setting struct {
	Key, Value string // the value in TOML
	Line       int    // of the file; 0 when it is not written there
	Variable   string // the environment variable that set it; "": none did
}

// Settings returns every key with its effective value, in the order of the table of keys; then the
// aliases and the accounts that have a table of their own. The file is read again for the lines,
// because the places are not kept in memory.
func (c *Config) Settings() (list []Setting) {
	lines := c.lines()
	values := c.values()
	for _, k := range c.keys() {
		list = append(list, Setting{k.name, tomlText(values[k.name]), lines[k.name], c.variables[k.name]})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
		list = append(list, Setting{aliasesTable + "." + quoted(name), tomlText(c.Aliases[name]), lines[aliasesTable+"."+name], ""})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Retention.Accounts)) {
		own := c.Retention.Accounts[name]
		table := retentionTable + "." + accountsTable + "."
		shown := own.values()
		for _, k := range own.keys() {
			list = append(list, Setting{table + quoted(name) + "." + k.name, tomlText(shown[k.name]), lines[table+name+"."+k.name], ""})
		}
	}
	for _, name := range c.Remotes() {
		r := c.Remote[name]
		shown := r.values()
		for _, k := range r.keys() {
			list = append(list, Setting{remoteTable + "." + quoted(name) + "." + k.name, tomlText(shown[k.name]), lines[remoteTable+"."+name+"."+k.name], ""})
		}
	}
	return list
}

// quoted returns a part of a key, in quotes if TOML needs them.
func quoted(part string) string {
	if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" {
		return part
	}
	return fmt.Sprintf("%q", part)
}

// values are the values of the keys; a test compares the names with those of keys.
func (c *Config) values() map[string]any {
	all := map[string]any{
		"hostname": c.Hostname, "domains": c.Domains, "state": c.State, "allow": strings.Fields(c.Allow.words), "mdns": c.MDNS,
		"pop3.listen": c.POP3.Listen, "pop3.listen_tls": c.POP3.ListenTLS, "pop3.plaintext_auth": wordOf(places, c.POP3.PlaintextAuth.words, Prefixes.String),
		"pop3.lock": wordOf(locks, fmt.Sprint(c.POP3.Exclusive), func(b bool) string { return fmt.Sprint(b) }), "pop3.login_delay": c.POP3.LoginDelay.String(),
		"smtp.listen": c.SMTP.Listen, "smtp.listen_tls": c.SMTP.ListenTLS, "smtp.listen_lmtp": append([]string{}, c.SMTP.ListenLMTP...),
		"smtp.plaintext_auth": wordOf(places, c.SMTP.PlaintextAuth.words, Prefixes.String),
		"smtp.require_auth":   wordOf(demands, fmt.Sprint(c.SMTP.RequireAuth), func(d Demand) string { return fmt.Sprint(d) }),
		"smtp.own_address":    c.SMTP.OwnAddress, "smtp.max_message": c.SMTP.MaxMessage.String(),
		"web.listen": c.Web.Listen, "web.listen_tls": c.Web.ListenTLS, "web.names": c.Web.Names, "web.admins": c.Web.Admins,
		"tls.cert": c.TLS.Cert, "tls.key": c.TLS.Key, "tls.names": c.TLS.Names,
		"tls.kernel":     wordOf(kernels, fmt.Sprint(c.TLS.Kernel), func(k KernelTLS) string { return fmt.Sprint(k) }),
		"spool.capacity": c.Spool.Capacity.String(), "spool.slot": c.Spool.Slot.String(), "spool.volatile": c.Spool.Volatile,
		"watchdog.device": c.Watchdog.Device, "watchdog.timeout": c.Watchdog.Timeout.String(), "log.level": c.Log.Level,
		"service.memory": c.Service.Memory.String(), "service.user": c.Service.User, "service.confine": c.Service.Confine,
	}
	for name, value := range c.Retention.Keeping.values() {
		if name != "quota" {
			all[retentionTable+"."+name] = value
		}
	}
	return all
}

// wordOf returns the word of a choice that has the text of a value.
func wordOf[T any](words choices[T], value string, textOf func(T) string) string {
	for _, choice := range words {
		if textOf(choice.means) == value {
			return choice.word
		}
	}
	return value
}

// tomlText writes a value in TOML, "" for a list that is not written.
func tomlText(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []string:
		if v == nil {
			return ""
		}
		words := make([]string, len(v))
		for i, word := range v {
			words[i] = fmt.Sprintf("%q", word)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	return fmt.Sprint(value)
}
