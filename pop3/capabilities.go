package pop3

import (
	"context"
	"strconv"
	"time"

	"pillarbox/pop3/sasl"
)

// A capability is one line of CAPA (RFC 2449 §6).
type capability struct {
	line  func(*session) string
	shown func(*session) bool
}

// capabilities are the lines of CAPA, and when they are shown. All but STLS and EXPIRE are the same
// before and after the login, because clients send CAPA once (RFC 2449 §5).
var capabilities = [...]capability{
	{fixed("TOP"), always},                  // RFC 2449 §6.1
	{fixed("UIDL"), always},                 // RFC 2449 §6.8
	{fixed("USER"), (*session).mayLogIn},    // RFC 2449 §6.2
	{saslLine, (*session).mayLogIn},         // RFC 5034 §3
	{unboundLine, mayBind},                  // a second line: see [sasl.Unbound]
	{fixed("RESP-CODES"), always},           // RFC 2449 §6.4
	{fixed("AUTH-RESP-CODE"), always},       // RFC 3206 §6
	{fixed("PIPELINING"), always},           // RFC 2449 §6.6
	{fixed("UTF8"), always},                 // RFC 6856 §2; not USER: names are ASCII
	{fixed("LANG"), always},                 // RFC 6856 §3
	{fixed("STLS"), maySTLS},                // RFC 2595 §4
	{delayLine, hasDelay},                   // RFC 2449 §6.5
	{expireLine, hasExpiry},                 // RFC 2449 §6.7
	{implementationLine, hasImplementation}, // RFC 2449 §6.9
}

// capa lists the capabilities.
func (s *session) capa(context.Context, argument) error {
	s.conn.Say("+OK capabilities")
	for _, c := range capabilities {
		if c.shown(s) {
			s.conn.Say(c.line(s))
		}
	}
	s.conn.Say(".")
	return nil
}

func fixed(line string) func(*session) string { return func(*session) string { return line } }

func always(*session) bool { return true }

func saslLine(s *session) string { return listed(s.mechanisms()) }

func unboundLine(s *session) string { return listed(sasl.Unbound((&exchange{s: s}).questions(nil))) }

// mayBind reports whether a login may be bound to the connection.
func mayBind(s *session) bool {
	return s.mayLogIn() && sasl.Unbound((&exchange{s: s}).questions(nil)) != nil
}

func listed(kinds []sasl.Kind) string {
	line := "SASL"
	for _, k := range kinds {
		line += " " + k.Name
	}
	return line
}

func maySTLS(s *session) bool { return s.server.TLS != nil && !s.tls && s.user == "" }

func implementationLine(s *session) string { return "IMPLEMENTATION " + s.server.Implementation }

func hasImplementation(s *session) bool { return s.server.Implementation != "" }

func expireLine(s *session) string { return s.server.Expire(s.user).line(s.user != "") }

func hasExpiry(s *session) bool { return s.server.Expire != nil }

func delayLine(s *session) string {
	return "LOGIN-DELAY " + strconv.FormatInt(int64(s.server.LoginDelay.Every/time.Second), 10)
}

func hasDelay(s *session) bool { return s.server.LoginDelay != nil }
