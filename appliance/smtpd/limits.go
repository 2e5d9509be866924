package smtpd

import "time"

// Limits bounds what one session may take of time and patience. A zero field is its default.
type Limits struct {
	// Idle is how long a client may say nothing: in content between two reads that bring
	// octets, elsewhere until the command is whole. Default 5 min (RFC 5321 §4.5.3.2).
	Idle time.Duration
	// Handshake is how long a TLS handshake may take. Default 10 s.
	Handshake time.Duration
	// Login is how long an Authenticator may take for one answer. Default 60 s.
	Login time.Duration
	// Send is how long a client may take to read one reply. Default 60 s.
	Send time.Duration
	// Recipients is how many RCPT are accepted for one mail. Default 1000; RFC 5321 §4.5.3.1.8 allows
	// no less than 100.
	Recipients int
	// Logins is how many failed AUTH end a session. Default 5: a mail program tries
	// a wrong password twice, by PLAIN and by LOGIN.
	Logins int
	// Mistakes is how many commands that are unknown, malformed or out of order, without an
	// accepted mail among them, end a session. Default 20.
	Mistakes int
	// Commands is how many commands without an accepted mail among them end a session, accepted RCPT
	// not counted. Default 1000.
	Commands int
}

// orDefaults returns l with every zero field at its default.
func (l Limits) orDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&l.Idle, 5 * time.Minute}, {&l.Handshake, 10 * time.Second}, {&l.Login, time.Minute}, {&l.Send, time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Recipients, 1000}, {&l.Logins, 5}, {&l.Mistakes, 20}, {&l.Commands, 1000}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return l
}

const defaultMaxMessage = 50 << 20
