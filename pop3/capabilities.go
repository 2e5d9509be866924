package pop3

import (
	"context"

	"pillarbox/pop3/sasl"
)

// A capability is one line of CAPA (RFC 2449 §6).
type capability struct {
	line  func(*session) string
	shown func(*session) bool
}

// capabilities are the lines of CAPA and when they are shown. All but STLS and
// EXPIRE are the same before and after the login, for clients ask once (RFC 2449 §5).
var capabilities = [...]capability{
	{text("TOP"), always},                              // RFC 2449 §6.1
	{text("UIDL"), always},                             // RFC 2449 §6.8
	{text("USER"), (*session).mayLogIn},                // RFC 2449 §6.2
	{saslLine, (*session).mayLogIn},                    // RFC 5034 §3
	{unboundLine, (*session).mayBind},                  // once more: see [sasl.Unbound]
	{text("RESP-CODES"), always},                       // RFC 2449 §6.4
	{text("AUTH-RESP-CODE"), always},                   // RFC 3206 §6
	{text("PIPELINING"), always},                       // RFC 2449 §6.6
	{text("UTF8"), always},                             // RFC 6856 §2; not USER: names are ASCII
	{text("LANG"), always},                             // RFC 6856 §3
	{text("STLS"), (*session).maySTLS},                 // RFC 2595 §4
	{delayLine, (*session).delays},                     // RFC 2449 §6.5
	{expireLine, (*session).expires},                   // RFC 2449 §6.7
	{implementationLine, (*session).hasImplementation}, // RFC 2449 §6.9
}

// capa lists the capabilities.
func (s *session) capa(context.Context, argument) error {
	s.say("+OK capabilities")
	for _, c := range capabilities {
		if c.shown(s) {
			s.say(c.line(s))
		}
	}
	s.say(".")
	return nil
}

func text(line string) func(*session) string { return func(*session) string { return line } }

func always(*session) bool { return true }

func saslLine(s *session) string { return listed(s.mechanisms()) }

func unboundLine(s *session) string { return listed(sasl.Unbound(s.questions(nil, nil))) }

// mayBind reports whether a login may be bound to the connection.
func (s *session) mayBind() bool { return s.mayLogIn() && sasl.Unbound(s.questions(nil, nil)) != nil }

func listed(kinds []sasl.Kind) string {
	line := "SASL"
	for _, k := range kinds {
		line += " " + k.Name
	}
	return line
}

func (s *session) maySTLS() bool { return s.server.TLS != nil && !s.tls && s.user == "" }

func implementationLine(s *session) string { return "IMPLEMENTATION " + s.server.Implementation }

func (s *session) hasImplementation() bool { return s.server.Implementation != "" }
