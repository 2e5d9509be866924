package smtpd

import "context"

// greet sends the greeting. It contains no "<…@…>", which some clients take for an offer of APOP.
func (s *session) greet() {
	dialect := " ESMTP pillarbox"
	if s.server.LMTP {
		dialect = " LMTP pillarbox"
	}
	s.say(reply{220, "", s.server.Hostname + dialect})
}

// helo runs HELO, which offers no extensions.
func (s *session) helo(_ context.Context, name []byte) error {
	s.meet(name, false)
	s.say(reply{250, "", s.server.Hostname})
	return nil
}

// ehlo runs EHLO or LHLO and lists the extensions that are available now.
func (s *session) ehlo(_ context.Context, name []byte) error {
	s.meet(name, true)
	lines := append(append(append(s.conn.Room(), "250-"...), s.server.Hostname...), '\r', '\n')
	s.sayAfter(s.offer().lines(lines), reply{250, "", "HELP"})
	return nil
}

// meet starts the session over, as RSET does too (RFC 5321 §4.1.4).
func (s *session) meet(name []byte, extended bool) {
	s.forget()
	s.client.hello, s.client.extended = string(name[:min(len(name), maxDomain)]), extended
	s.phase = greeted
}
