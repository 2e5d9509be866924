package autoconfig

// ContentType is that of XML and POX. Thunderbird reads nothing that is served as text/plain.
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
