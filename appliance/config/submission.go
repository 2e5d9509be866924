package config

// A Demand selects the ports at which mail is accepted only after a login. Each includes the ports
// of the one before it.
type Demand uint8

const (
	DemandNever      Demand = iota // nowhere: printers and cameras have no password
	DemandSubmission               // at the ports for mail clients, see Submission
	DemandAlways                   // at every SMTP port; LMTP is for mail servers and needs no login
)

// demands are the words of smtp.require_auth.
var demands = choices[Demand]{{"never", DemandNever}, {"submission", DemandSubmission}, {"always", DemandAlways}}

// Submission reports whether a port is for mail clients: every one with TLS from the first byte
// (RFC 8314 §3.3), and 587 (RFC 6409), or 1587 in its place.
func Submission(port int, tls bool) bool { return tls || port == 587 || port == 1587 }
