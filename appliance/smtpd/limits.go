package smtpd

import "time"

// Limits bounds what one session may use. A zero field means its default.
type Limits struct {
	// Idle is how long a client may send nothing: in content between two reads that return octets,
	// elsewhere until the command is complete. Default 5 min (RFC 5321 §4.5.3.2). Content must also
	// arrive at a minimum rate, which allows for at most four minutes without octets.
	Idle time.Duration
	// Handshake is how long a TLS handshake may take. Default 10 s.
	Handshake time.Duration
	// Login is how long an Authenticator may take for one call. Default 60 s.
	Login time.Duration
	// Send is how long a client may take to read one reply. Default 60 s.
	Send time.Duration
	// Recipients is how many RCPT are accepted for one message. Default 1000; RFC 5321 §4.5.3.1.8
	// requires at least 100.
	Recipients int
	// Logins is how many failed AUTH end a session. Default 5: a mail client tries a wrong password
	// twice, by PLAIN and by LOGIN.
	Logins int
	// Mistakes is how many commands that are unknown, malformed or out of order, without an
	// accepted message among them, end a session. Default 20.
	Mistakes int
	// Commands is how many commands without an accepted message among them end a session. Accepted
	// RCPT, and accepted BDAT with at least one octet, do not count. Default 1000.
	Commands int
}

// orDefaults returns l with every zero field set to its default.
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
