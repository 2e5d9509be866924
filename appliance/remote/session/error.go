package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Kind decides what follows from an error.
type Kind uint8

// The kinds, see the package comment.
const (
	Network Kind = iota + 1
	Busy
	Auth
	Certificate
	Protocol
	Refused
	Full
	Expired
	Ended
	kinds
)

// An Error is why a session, or one command of it, failed.
type Error struct {
	Kind Kind
	Text string
	Wait time.Duration // the least time before the next session; 0: the server named none
}

func (e *Error) Error() string { return e.Text }

// Valid reports whether a number is a kind.
func (k Kind) Valid() bool { return k > 0 && k < kinds }

// Errorf returns an error of a kind.
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// As returns err as an Error. An error of another type is one of the connection, or if it is none
// of the usual ones, a fault of the protocol.
func As(err error) *Error {
	var e *Error
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.As(err, &dns):
		return &Error{Kind: Network, Text: fmt.Sprintf("the name %s cannot be resolved: %s", dns.Name, dns.Err)}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: Network, Text: "the server did not answer in time"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Error{Kind: Network, Text: "the connection was broken by the server"}
	case errors.As(err, &op):
		return &Error{Kind: Network, Text: op.Error()}
	}
	return &Error{Kind: Protocol, Text: err.Error()}
}

// mostReply bounds the text of a server in an error, in octets.
const mostReply = 300

// Reply returns the error for a reply that refuses a command. login says that the command was a
// login. code is the response code of the reply without brackets, "" for none.
func Reply(what, code, text string, login bool) *Error {
	e := &Error{Kind: Refused, Text: what + ": " + Printable(text)}
	upper := strings.ToUpper(text)
	switch code = strings.ToUpper(code); {
	case code == "IN-USE" || code == "LOGIN-DELAY" || code == "INUSE" || code == "LIMIT" || strings.HasPrefix(code, "SYS/TEMP") || code == "UNAVAILABLE" || code == "THROTTLED":
		e.Kind = Busy
	case strings.Contains(upper, "THROTTL") || strings.Contains(upper, "TOO MANY") || strings.Contains(upper, "SUGGESTED BACKOFF"):
		e.Kind = Busy
	case strings.HasPrefix(code, "AUTH") || login:
		e.Kind = Auth
	case strings.HasPrefix(code, "SYS/"):
		e.Kind = Protocol
	}
	e.Wait = backoff(text)
	return e
}

// backoff returns the wait that Exchange names: "Suggested Backoff Time: 299999 milliseconds".
func backoff(text string) time.Duration {
	_, rest, found := strings.Cut(strings.ToLower(text), "suggested backoff time")
	if !found {
		return 0
	}
	rest = strings.TrimLeft(rest, ": ")
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	ms, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || !strings.HasPrefix(strings.TrimLeft(rest[len(digits):], " "), "milliseconds") {
		return 0
	}
	return min(time.Duration(ms)*time.Millisecond, 24*time.Hour)
}

// Printable returns the text of a server with a question mark for each octet that is not printable
// ASCII, and without its end if it is long.
func Printable(text string) string {
	if len(text) > mostReply {
		text = text[:mostReply] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
