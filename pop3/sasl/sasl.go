package sasl

import "errors"

// A Mechanism is the server side of one authentication exchange (RFC 4422). Challenges
// and responses are the decoded octets; base64 and the lines around it are the protocol's.
type Mechanism interface {
	// Next takes the client's response and returns the next challenge. response is nil
	// at the first call when the client sent no initial response, and an empty non-nil slice when it
	// sent an empty one. done ends the exchange: err nil means that the client is who it says.
	Next(response []byte) (challenge []byte, done bool, err error)
}

// A Check verifies a password. Its error ends the exchange and is returned by Next as it is.
type Check func(user, password string) error

// ErrMalformed: the response is not of the mechanism's form.
var ErrMalformed = errors.New("sasl: malformed response")

// ErrAuthorization: the client asked to act as somebody else (an authorization identity
// that is not the user it authenticates as, RFC 4616 §2).
var ErrAuthorization = errors.New("sasl: acting for another user is not possible")

// ErrBinding: the channel binding is not that of this connection, or the client was made to
// believe that there is none: somebody may be between the two (RFC 5802 §6).
var ErrBinding = errors.New("sasl: the channel binding does not fit")
