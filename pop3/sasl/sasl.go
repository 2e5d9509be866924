package sasl

import "errors"

// A Mechanism is the server side of one authentication exchange (RFC 4422). Challenges
// and responses are decoded octets; base64 and the lines around it belong to the protocol.
type Mechanism interface {
	// Next takes the client's response and returns the next challenge. response is nil at the first
	// call when the client sent no initial response, and an empty non-nil slice when it sent an
	// empty one. done ends the exchange: if err is nil, the client is authenticated.
	Next(response []byte) (challenge []byte, done bool, err error)
}

// A Check verifies a password. Its error ends the exchange and is returned by Next as it is.
type Check func(user, password string) error

// ErrMalformed is returned if the response does not have the form of the mechanism.
var ErrMalformed = errors.New("sasl: malformed response")

// ErrAuthorization is returned if the client wants to act as another user (an authorization
// identity that does not name the user it authenticates as, RFC 4616 §2).
var ErrAuthorization = errors.New("sasl: acting for another user is not possible")

// ErrBinding is returned if the channel binding is not that of this connection, or the client was
// made to believe that there is none: an attacker may be between the two (RFC 5802 §6).
var ErrBinding = errors.New("sasl: the channel binding does not fit")
