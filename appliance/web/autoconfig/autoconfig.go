package autoconfig

import (
	"bytes"
	"strings"
)

// ContentType is the type of XML and POX. Thunderbird reads nothing that is served as text/plain.
const ContentType = "application/xml; charset=utf-8"

// localPart is what Thunderbird replaces by the part of the address before the @.
const localPart = "%EMAILLOCALPART%"

// XML returns config-v1.1.xml. It is the same for every address, so it does not tell which accounts
// there are.
func (s *Settings) XML() []byte {
	d := newDocument()
	d.begin("clientConfig", "version", "1.1")
	d.begin("emailProvider", "id", s.Domains[0])
	for _, domain := range s.Domains {
		d.text("domain", domain)
	}
	d.text("displayName", "pillarbox")
	d.text("displayShortName", "pillarbox")
	for _, e := range Best(s.Incoming) {
		d.begin("incomingServer", "type", "pop3")
		s.server(d, e)
		d.begin("pop3")
		d.text("leaveMessagesOnServer", "true")
		d.text("downloadOnBiff", "true")
		d.number("daysToLeaveMessagesOnServer", s.KeepDays)
		d.end()
		d.end()
	}
	for _, e := range Best(s.Outgoing) {
		d.begin("outgoingServer", "type", "smtp")
		s.server(d, e)
		d.end()
	}
	return d.bytes()
}

// server writes what servers of both kinds have. There is no word for SCRAM: a client which has
// it uses it by itself, because both servers offer it.
func (s *Settings) server(d *document, e Endpoint) {
	d.text("hostname", s.Host)
	d.number("port", e.Port)
	socket := "STARTTLS"
	if e.Implicit {
		socket = "SSL"
	}
	d.text("socketType", socket)
	d.text("username", localPart)
	d.text("authentication", "password-cleartext")
}

// MostPOX is how many octets of a request are read.
const MostPOX = 4 << 10

// The namespaces of an answer ([MS-OXDSCLI]).
const (
	answerSpace   = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	settingsSpace = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)

// AddressOf returns the mail address of an Autodiscover request; "" if it has none. It looks for
// the one element that matters and reads nothing else: a request is not worth an XML parser.
func AddressOf(request []byte) string {
	if len(request) > MostPOX {
		return ""
	}
	const name = "EMailAddress"
	begin := bytes.Index(request, []byte("<"+name+">"))
	if begin < 0 {
		return ""
	}
	rest := request[begin+len(name)+2:]
	end := bytes.IndexByte(rest, '<')
	if end < 0 || !bytes.HasPrefix(rest[end:], []byte("</"+name)) {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(string(rest[:end])), "&amp;", "&")
}

// POX returns the answer to an Autodiscover request for an address of one of the domains.
func (s *Settings) POX(address string) []byte {
	name, _, _ := strings.Cut(address, "@")
	d := newDocument()
	d.begin("Autodiscover", "xmlns", answerSpace)
	d.begin("Response", "xmlns", settingsSpace)
	d.begin("Account")
	d.text("AccountType", "email")
	d.text("Action", "settings")
	for _, e := range Best(s.Incoming) {
		s.protocol(d, "POP3", name, e)
	}
	for _, e := range Best(s.Outgoing) {
		s.protocol(d, "SMTP", name, e)
	}
	return d.bytes()
}

func (s *Settings) protocol(d *document, kind, name string, e Endpoint) {
	d.begin("Protocol")
	d.text("Type", kind)
	d.text("Server", s.Host)
	d.number("Port", e.Port)
	d.text("DomainRequired", "off")
	d.text("LoginName", name)
	d.text("SPA", "off") // absent means on
	if e.Implicit {
		d.text("SSL", "on")
	} else {
		d.text("SSL", "off")
		d.text("Encryption", "TLS") // which is STARTTLS there
	}
	d.text("AuthRequired", "on")
	if kind == "SMTP" {
		d.text("UsePOPAuth", "on")
		d.text("SMTPLast", "off")
	}
	d.end()
}
