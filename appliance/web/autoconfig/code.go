package autoconfig

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// mostCode is the longest code, in characters. The exporter of Thunderbird begins a second code
// there.
const mostCode = 800

// ErrCode is returned when there is no code for an account: a port is missing, or the code would be
// too long to be scanned.
var ErrCode = errors.New("there is no code for this account")

// The numbers of the format.
const (
	protocolPOP3  = 1
	protocolSMTP  = 0
	tlsStart      = 2
	tlsImplicit   = 3
	plainPassword = 1
)

// Code returns the text of the QR code from which Thunderbird for Android imports an account: one
// JSON array, as its own exporter writes it. Without a password the app prompts for it.
func (s *Settings) Code(a Account) (string, error) {
	incoming, ok := First(s.Incoming)
	outgoing, sends := First(s.Outgoing)
	if !ok || !sends {
		return "", ErrCode
	}
	b := append([]byte(nil), "[1,[1,1],[1,"...)
	b = s.endpoint(b, incoming, a.Name)
	b = appendJSON(append(b, ','), "") // the name of the account is its address
	b = appendJSON(append(b, ','), a.Password)
	b = append(b, "],[[[0,"...)
	b = s.endpoint(b, outgoing, a.Name)
	b = appendJSON(append(b, ','), a.Password)
	b = append(b, "],["...)
	b = appendJSON(b, a.Address)
	b = appendJSON(append(b, ','), a.Name)
	b = append(b, "]]]]"...)
	if utf8.RuneCount(b) > mostCode {
		return "", ErrCode
	}
	return string(b), nil
}

// endpoint appends host, port, security, authentication and user.
func (s *Settings) endpoint(b []byte, e Endpoint, user string) []byte {
	security := tlsStart
	if e.Implicit {
		security = tlsImplicit
	}
	b = appendJSON(b, s.Host)
	for _, n := range []int{e.Port, security, plainPassword} {
		b = strconv.AppendInt(append(b, ','), int64(n), 10)
	}
	return appendJSON(append(b, ','), user)
}

// appendJSON appends a string of JSON (RFC 8259 §7).
func appendJSON(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
