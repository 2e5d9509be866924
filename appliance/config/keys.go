package config

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

var locks = choices[bool]{{"none", false}, {"exclusive", true}}

// places are the words of plaintext_auth.
var places = choices[Prefixes]{{"never", Prefixes{words: "never"}}, {"private", Private()}, {"always", Anywhere()}}

func from(to *Prefixes) func(any) error { return oneOf(to, places) }

// demands are the words of smtp.require_auth.
var demands = choices[Demand]{{"never", DemandNever}, {"submission", DemandSubmission}, {"always", DemandAlways}}
