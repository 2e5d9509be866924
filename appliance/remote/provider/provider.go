package provider

import (
	"slices"
	"strings"
	"time"
)

// A Provider is one row of the table.
type Provider struct {
	Name     string   // as in the configuration
	Domains  []string // of the addresses that people have there
	IMAP     string   // host:port; "" if it has none
	POP3     string
	SMTP     string
	Every    time.Duration // the shortest interval between two logins; 0: none is known
	PerDay   int           // messages that may be sent in a day; 0: not known
	Password Password
	OAuth    *OAuth // nil: it has no OAuth for mail
	Advice   string // what to do in the settings of the provider first; "": nothing
	Windowed bool   // POP3 lists a part of the mailbox only
	// Keeps says that the provider itself puts what is sent into its folder of sent mail. Where it
	// does not, only mail clients do so, which says nothing about what was sent.
	Keeps bool
}

// A Password is what a provider accepts in the place of a password.
type Password int

// What a provider accepts.
const (
	Plain   Password = iota // the password of the account
	App                     // a password that is made for one program, "app password"
	Refused                 // none: OAuth alone
)

// An OAuth is how a provider grants access to a program (RFC 6749).
type OAuth struct {
	Device    string // address of the device grant (RFC 8628); "": it has none
	Authorize string
	Token     string
	Redirect  string            // where the browser is sent after a consent: nothing listens there
	Scopes    map[string]string // by protocol: imap, pop3, smtp
	Rotates   bool              // an old refresh token is refused when a new one was sent
}

// Address returns the host and port of a protocol ("imap", "pop3", "smtp"), or "".
func (p *Provider) Address(protocol string) string {
	switch protocol {
	case "imap":
		return p.IMAP
	case "pop3":
		return p.POP3
	}
	return p.SMTP
}

// Find returns the provider of a name, or nil.
func Find(name string) *Provider {
	if i := slices.IndexFunc(table[:], func(p Provider) bool { return p.Name == name }); i >= 0 {
		return &table[i]
	}
	return nil
}

// ForAddress returns the provider of a mail address, by its domain, or nil.
func ForAddress(address string) *Provider {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	for i := range table {
		if slices.Contains(table[i].Domains, domain) {
			return &table[i]
		}
	}
	return nil
}

// Names returns the names of all providers.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].Name
	}
	return names
}

// Updated is the day on which the table was last compared with its sources.
const Updated = "2026-11-30"

// google and microsoft are the OAuth servers that several providers share.
var (
	google = &OAuth{
		Authorize: "https://accounts.google.com/o/oauth2/auth",
		Token:     "https://oauth2.googleapis.com/token",
		Redirect:  "http://127.0.0.1/",
		Scopes:    map[string]string{"imap": "https://mail.google.com/", "pop3": "https://mail.google.com/", "smtp": "https://mail.google.com/"},
	}
	microsoft = &OAuth{ // TENANT is replaced by the key tenant
		Device:    "https://login.microsoftonline.com/TENANT/oauth2/v2.0/devicecode",
		Authorize: "https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize",
		Token:     "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
		Redirect:  "http://localhost",
		Scopes: map[string]string{
			"imap": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
			"pop3": "https://outlook.office.com/POP.AccessAsUser.All offline_access",
			"smtp": "https://outlook.office.com/SMTP.Send offline_access",
		},
	}
	yahoo = &OAuth{
		Authorize: "https://api.login.yahoo.com/oauth2/request_auth",
		Token:     "https://api.login.yahoo.com/oauth2/get_token",
		Redirect:  "oob",
		Scopes:    map[string]string{"imap": "mail-w", "pop3": "mail-w", "smtp": "mail-w"},
	}
)

const (
	switchOn = "switch on POP3 and IMAP in the settings of the provider first; they are off by default"
	appFirst = "switch on the login in two steps at the provider and make an app password there"
)

// table is one row a provider. Hosts are those for TLS from the first octet, but for port 587.
var table = [...]Provider{
	{Name: "gmail", Domains: []string{"gmail.com", "googlemail.com"},
		IMAP: "imap.gmail.com:993", POP3: "pop.gmail.com:995", SMTP: "smtp.gmail.com:465",
		Every: 5 * time.Minute, PerDay: 500, Password: App, OAuth: google, Advice: appFirst, Windowed: true, Keeps: true},
	{Name: "workspace",
		IMAP: "imap.gmail.com:993", POP3: "pop.gmail.com:995", SMTP: "smtp.gmail.com:465",
		Every: 5 * time.Minute, PerDay: 2000, Password: Refused, OAuth: google, Windowed: true, Keeps: true},
	{Name: "outlook", Domains: []string{"outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.de", "live.de"},
		IMAP: "outlook.office365.com:993", POP3: "outlook.office365.com:995", SMTP: "smtp-mail.outlook.com:587",
		Every: 5 * time.Minute, PerDay: 300, Password: Refused, OAuth: microsoft, Advice: switchOn, Keeps: true},
	{Name: "microsoft365",
		IMAP: "outlook.office365.com:993", POP3: "outlook.office365.com:995", SMTP: "smtp.office365.com:587",
		Every: 5 * time.Minute, PerDay: 10000, Password: Refused, OAuth: microsoft, Keeps: true},
	{Name: "yahoo", Domains: []string{"yahoo.com", "yahoo.de", "yahoo.co.uk", "yahoo.fr", "ymail.com", "rocketmail.com"},
		IMAP: "imap.mail.yahoo.com:993", POP3: "pop.mail.yahoo.com:995", SMTP: "smtp.mail.yahoo.com:465",
		Every: 5 * time.Minute, PerDay: 500, Password: App, OAuth: yahoo, Advice: appFirst, Keeps: true},
	{Name: "aol", Domains: []string{"aol.com", "aim.com"},
		IMAP: "imap.aol.com:993", POP3: "pop.aol.com:995", SMTP: "smtp.aol.com:465",
		Every: 5 * time.Minute, PerDay: 500, Password: App, Advice: appFirst, Keeps: true},
	{Name: "icloud", Domains: []string{"icloud.com", "me.com", "mac.com"},
		IMAP: "imap.mail.me.com:993", SMTP: "smtp.mail.me.com:587",
		Every: 5 * time.Minute, PerDay: 200, Password: App, Advice: appFirst},
	{Name: "gmx", Domains: []string{"gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com"},
		IMAP: "imap.gmx.net:993", POP3: "pop.gmx.net:995", SMTP: "mail.gmx.net:465",
		Every: 15 * time.Minute, Advice: switchOn},
	{Name: "webde", Domains: []string{"web.de"},
		IMAP: "imap.web.de:993", POP3: "pop3.web.de:995", SMTP: "smtp.web.de:465",
		Every: 15 * time.Minute, Advice: switchOn},
	{Name: "tonline", Domains: []string{"t-online.de", "magenta.de"},
		IMAP: "secureimap.t-online.de:993", POP3: "securepop.t-online.de:995", SMTP: "securesmtp.t-online.de:465",
		Every: 5 * time.Minute, Advice: "set the password for mail clients in the e-mail settings first; it is not that of the customer login"},
	{Name: "fastmail", Domains: []string{"fastmail.com", "fastmail.fm"},
		IMAP: "imap.fastmail.com:993", POP3: "pop.fastmail.com:995", SMTP: "smtp.fastmail.com:465",
		Every: 5 * time.Minute, Password: App, Advice: "make an app password in the settings of the provider"},
	{Name: "mailru", Domains: []string{"mail.ru", "inbox.ru", "list.ru", "bk.ru"},
		IMAP: "imap.mail.ru:993", POP3: "pop.mail.ru:995", SMTP: "smtp.mail.ru:465",
		Every: 5 * time.Minute, Password: App, Advice: appFirst},
	{Name: "yandex", Domains: []string{"yandex.ru", "yandex.com", "ya.ru"},
		IMAP: "imap.yandex.com:993", POP3: "pop.yandex.com:995", SMTP: "smtp.yandex.com:465",
		Every: 5 * time.Minute, Password: App, Advice: switchOn + ", then make an app password"},
}
