package provider

import "time"

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
