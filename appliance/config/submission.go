package config

// A Demand says at which ports mail is taken only after a login. Each holds for all that the one before it does.
type Demand uint8

const (
	DemandNever      Demand = iota // nowhere: printers and cameras have no password
	DemandSubmission               // at the ports that mail programs submit to, see Submission
	DemandAlways                   // at every port that speaks SMTP; LMTP is for mail servers and asks for none
)

// demands are the words of smtp.require_auth.
var demands = choices[Demand]{{"never", DemandNever}, {"submission", DemandSubmission}, {"always", DemandAlways}}

// Submission says whether a port is one that mail programs submit to: every one with TLS from the first byte (RFC
// 8314 §3.3), and 587 (RFC 6409), or 1587 in its place.
func Submission(port int, tls bool) bool { return tls || port == 587 || port == 1587 }
