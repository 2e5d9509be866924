package listen

import (
	"net"
	"strconv"

	"pillarbox/appliance/config"
)

// A Protocol is what a listener speaks.
type Protocol string

const (
	POP3 Protocol = "pop3"
	SMTP Protocol = "smtp"
	// Submission is SMTP at a port to which mail clients submit, where a login may be demanded.
	Submission Protocol = "submission"
	LMTP       Protocol = "lmtp"
	// HTTP is the protocol of the page. No health check tests its listeners, and mail works without
	// them.
	HTTP Protocol = "http"
)

// A Row is one key of the configuration: what it holds, and the standard ports that apply if it is
// not set.
type Row struct {
	Key      string
	Protocol Protocol
	TLS      bool // from the first octet
	Addrs    []string
	Standard []int
}

// Table returns the keys of a configuration.
func Table(c *config.Config) []Row {
	return []Row{
		{"pop3.listen", POP3, false, c.POP3.Listen, []int{110}},
		{"pop3.listen_tls", POP3, true, c.POP3.ListenTLS, []int{995}},
		{"smtp.listen", SMTP, false, c.SMTP.Listen, []int{25, 587}},
		{"smtp.listen_tls", SMTP, true, c.SMTP.ListenTLS, []int{465}},
		{"smtp.listen_lmtp", LMTP, false, c.SMTP.ListenLMTP, nil},
	}
}

// PageTable returns the keys of the page in a configuration.
func PageTable(c *config.Config) []Row {
	return []Row{
		{"web.listen", HTTP, false, c.Web.Listen, []int{80}},
		{"web.listen_tls", HTTP, true, c.Web.ListenTLS, []int{443}},
	}
}

// An Address describes one address of the configuration, open or not.
type Address struct {
	Key      string // of the configuration
	Protocol string // "pop3", "smtp", "lmtp" or "http"
	Address  string
	Port     int    // 0: a local socket, or not known before the start
	TLS      string // "implicit", "starttls" or "none"
	Off      string // why it is closed; "" if it is open
}

// at describes a listener that is not open.
func (r Row) at(addr string) Address {
	l := Address{Key: r.Key, Protocol: r.Protocol.name(), Address: addr, TLS: tlsOf(r.Protocol, r.TLS)}
	if _, port, err := net.SplitHostPort(addr); err == nil {
		l.Port, _ = strconv.Atoi(port) // the configuration is valid
	}
	return l
}

// name returns the name of a protocol; submission is SMTP for a client.
func (p Protocol) name() string {
	if p == Submission {
		p = SMTP
	}
	return string(p)
}

func tlsOf(p Protocol, implicit bool) string {
	switch {
	case implicit:
		return "implicit"
	case p == LMTP, p == HTTP:
		return "none"
	}
	return "starttls"
}
