package pop3

import "strconv"

// Never is the Days of mail that stays until a client deletes it.
const Never = -1

// An Expiry is how long mail stays on the server unless a client deletes it, as CAPA announces it
// (RFC 2449 §6.7). It has to be what is enforced, because clients decide by it what they leave
// here.
type Expiry struct {
	// Days is the minimum time that a message stays, retrieved or not: Never, or 0 and more. 0
	// means that a retrieved message may be deleted after the session.
	Days int
	// Varies means that users have different policies: then Days is the shortest of them. It is
	// announced before the login only, because afterwards Days is the user's own.
	Varies bool
}

// line returns the line of CAPA: "EXPIRE 30 USER".
func (e Expiry) line(loggedIn bool) string {
	line := "EXPIRE NEVER"
	if e.Days >= 0 {
		line = "EXPIRE " + strconv.Itoa(e.Days)
	}
	if e.Varies && !loggedIn {
		line += " USER"
	}
	return line
}
