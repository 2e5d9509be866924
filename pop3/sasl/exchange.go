package sasl

import (
	"bytes"
	"encoding/base64"
	"errors"
)

// MaxLine is the length of the longest line of an exchange, CRLF included (RFC 4954 §4, RFC 5034
// §4).
const MaxLine = 12288

var (
	// ErrCancelled is returned if the client has cancelled the exchange.
	ErrCancelled = errors.New("sasl: cancelled")
	// ErrBase64 is returned if a response is not base64.
	ErrBase64 = errors.New("sasl: not base64")
)

// Exchange runs m to its end, and returns its error. initial is the initial response as it stands
// in the command, or empty if there is none. ask sends a challenge in the line of its protocol, and
// returns the line of the client.
func Exchange(m Mechanism, initial []byte, ask func(challenge string) (line []byte, err error)) error {
	response, err := initialResponse(initial)
	for err == nil {
		challenge, done, failed := m.Next(response)
		if done {
			return failed
		}
		var line []byte
		if line, err = ask(base64.StdEncoding.EncodeToString(challenge)); err == nil {
			response, err = decodeLine(line)
		}
	}
	return err
}

// initialResponse decodes an initial response. An empty one is written "=".
func initialResponse(word []byte) ([]byte, error) {
	switch string(word) {
	case "":
		return nil, nil
	case "=":
		return []byte{}, nil
	}
	return decode(word)
}

// decodeLine decodes a line of the client. "*" cancels the exchange.
func decodeLine(line []byte) ([]byte, error) {
	if string(line) == "*" {
		return nil, ErrCancelled
	}
	return decode(line)
}

// decode decodes base64. The result is never nil.
func decode(word []byte) ([]byte, error) {
	response, err := base64.StdEncoding.AppendDecode(make([]byte, 0, len(word)), word)
	if err != nil || bytes.ContainsAny(word, "\r\n") { // which the decoder ignores
		return nil, ErrBase64
	}
	return response, nil
}
