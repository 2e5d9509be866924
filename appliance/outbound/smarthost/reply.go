package smarthost

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"unicode/utf8"
)

// A Reply is what the server answered (RFC 5321 section 4.2). The zero Reply is none.
type Reply struct {
	Code     int
	Enhanced string   // "5.1.1", or "" (RFC 3463)
	Lines    []string // text without codes; printable
}

// Limits of a reply.
const (
	maxReplyLine  = 2048 // octets with CRLF; RFC 5321 section 4.5.3.1.5 requires 512
	maxReplyLines = 64
	maxReplyText  = 16 << 10
)

// ErrProtocol is returned for a server that does not speak SMTP, or exceeds a limit.
var ErrProtocol = errors.New("the server breaks the protocol")

// Positive reports whether the server accepted the command, or waits for more.
func (r Reply) Positive() bool { return 200 <= r.Code && r.Code < 400 }

// Permanent reports whether trying again does not help.
func (r Reply) Permanent() bool { return r.Code >= 500 }

// String returns the reply in one line, as a log and a Diagnostic-Code show it.
func (r Reply) String() string {
	words := []string{fmt.Sprint(r.Code)}
	if r.Enhanced != "" {
		words = append(words, r.Enhanced)
	}
	return strings.TrimRight(strings.Join(append(words, r.Lines...), " "), " ")
}

// class returns the class of a status code for a reply without one: "4.0.0" or "5.0.0".
func (r Reply) class() string { return fmt.Sprintf("%d.0.0", r.Code/100) }

// Status returns the enhanced status code of the reply, or the general one of its class.
func (r Reply) Status() string {
	if r.Enhanced != "" {
		return r.Enhanced
	}
	return r.class()
}

// A collector gathers the lines of one reply.
type collector struct {
	reply  Reply
	octets int
}

// add takes the next line, without its CRLF. done reports that the reply is complete.
func (c *collector) add(line []byte) (done bool, err error) {
	code, last, text, ok := parseReplyLine(line)
	c.octets += len(text)
	switch {
	case !ok:
		return false, fmt.Errorf("%w: %q is no reply", ErrProtocol, shorten(string(line)))
	case len(c.reply.Lines) > 0 && code != c.reply.Code:
		return false, fmt.Errorf("%w: a reply begins with %d and goes on with %d", ErrProtocol, c.reply.Code, code)
	case len(c.reply.Lines) == maxReplyLines, c.octets > maxReplyText:
		return false, fmt.Errorf("%w: a reply has more than %d lines or %d octets", ErrProtocol, maxReplyLines, maxReplyText)
	}
	enhanced, rest := cutEnhanced(text, code)
	if len(c.reply.Lines) == 0 {
		c.reply.Code, c.reply.Enhanced = code, enhanced
	}
	if enhanced == c.reply.Enhanced { // each line repeats it (RFC 2034)
		text = rest
	}
	c.reply.Lines = append(c.reply.Lines, printable(text))
	return last, nil
}

// parseReplyLine takes a line of a reply apart: three digits, then a hyphen if more lines follow.
func parseReplyLine(line []byte) (code int, last bool, text string, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false, "", false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, true, "", true
	}
	switch line[3] {
	case '-':
		return code, false, string(line[4:]), true
	case ' ':
		return code, true, string(line[4:]), true
	}
	return 0, false, "", false
}

// cutEnhanced takes the enhanced status code off the text of a reply. Its class is that of the
// code, else it is text (RFC 2034 section 4).
func cutEnhanced(text string, code int) (enhanced, rest string) {
	word, rest, _ := strings.Cut(text, " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || int(parts[0][0]-'0') != code/100 || code/100 == 3 {
		return "", text
	}
	for _, p := range parts {
		if len(p) < 1 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return "", text
		}
	}
	return word, rest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// printable replaces what a log, a terminal or a header field must not hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == utf8.RuneError || 0x80 <= r && r < 0xA0 {
			return '?'
		}
		return r
	}, text)
}

// shorten bounds a text that goes into an error.
func shorten(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// Errors of Open, beside those of the connection and ErrProtocol.
var (
	// ErrNoTLS is returned by a server that does not offer STARTTLS. No login was sent.
	ErrNoTLS = errors.New("the server does not offer STARTTLS; no password was sent")
	// ErrLogin is returned if the server refused the login with 5xx. The *Refusal in it has the
	// reply.
	ErrLogin = errors.New("the server refuses the login")
	// ErrMechanism is returned if the server offers no mechanism for this kind of secret.
	ErrMechanism = errors.New("the server offers no way to log in that fits the account")
	// ErrHandshake is returned if TLS failed. No login was sent.
	ErrHandshake = errors.New("TLS handshake failed; no password was sent")
)

// ErrOffline is for those who make the connection: the server could not be reached at all.
var ErrOffline = errors.New("the outgoing server cannot be reached")

// IsOffline reports whether an error of making a connection means that: no route, no name, or no
// answer. An error of a connection that was made does not.
func IsOffline(err error) bool {
	var dial *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial"
}

// A Refusal is a reply that ends a session before a message was sent.
type Refusal struct {
	To    string // the command
	Reply Reply
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the server answers %s with %q", r.To, shorten(r.Reply.String()))
}
