package login

import "pillarbox/appliance/remote/session"

// A Mechanism is one exchange. It has the methods of a sasl.Client of go-sasl, so that an IMAP
// client takes it as it is.
type Mechanism interface {
	// Start returns the name and the initial response, nil for none.
	Start() (name string, response []byte, err error)
	// Next returns the response to a challenge. It returns an error if the exchange must end.
	Next(challenge []byte) (response []byte, err error)
}

// errUnexpected is returned for a challenge that the mechanism does not have.
var errUnexpected = session.Errorf(session.Protocol, "the server breaks the protocol: a challenge that the mechanism does not have")
