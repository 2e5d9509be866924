package smtpd

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"pillarbox/appliance/names"
)

// The sizes of RFC 5321 §4.5.3.1, in octets. They are the least that must be accepted; longer local
// parts are common in reverse-paths (bounce addresses that contain another address), and are
// accepted there up to the size of the path.
const (
	maxLocal  = 64
	maxDomain = 255
	maxPath   = 256 // with its angle brackets
)

// A Path is a reverse-path or a forward-path without its angle brackets and its source route
// (RFC 5321 §4.1.2). The zero Path is the null reverse-path, "<>".
type Path struct {
	Local  string // the local part, unquoted
	Domain string // as it was written; "" for a bare name ("root"), "[…]" for an address literal
}

// Null reports whether p is "<>", the reverse-path of mail that must not be answered.
func (p Path) Null() bool { return p == Path{} }

// String returns the path without brackets, its local part quoted if RFC 5321 §4.1.2 requires it.
func (p Path) String() string {
	local := p.Local
	if !p.Null() && (!isDotString(local) || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..")) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	if p.Domain == "" {
		return local
	}
	return local + "@" + p.Domain
}

// ParsePath returns the path of an address without brackets; "" is the null reverse-path.
func ParsePath(address string) (Path, error) {
	if address == "" {
		return Path{}, nil
	}
	p, ok := parseMailbox([]byte(address))
	if !ok {
		return Path{}, fmt.Errorf("smtpd: %q is no address", address)
	}
	return p, nil
}

// at returns p with domain if it has none, so that it can be answered from elsewhere.
func (p Path) at(domain string) Path {
	if p.Domain == "" && p.Local != "" {
		p.Domain = domain
	}
	return p
}

// parsePath parses a path at the beginning of arg and returns what follows it. ok is false if there
// is none; the caller checks for octets above 0x7F. Angle brackets may be missing, and spaces may
// precede them, because printers write them so.
func parsePath(arg []byte) (p Path, rest []byte, ok bool) {
	arg = bytes.TrimLeft(arg, " ")
	end := pathEnd(arg)
	text := arg[:end]
	if len(text) > 0 && text[0] == '<' {
		if len(text) < 2 || text[len(text)-1] != '>' || len(text) > maxPath {
			return Path{}, nil, false
		}
		text = text[1 : len(text)-1]
		if len(text) == 0 {
			return Path{}, arg[end:], true
		}
		text = withoutRoute(text)
	}
	if len(text) > maxPath-2 || !utf8.Valid(text) {
		return Path{}, nil, false
	}
	p, ok = parseMailbox(text)
	return p, arg[end:], ok
}

// pathEnd returns where the path at the beginning of arg ends: after the ">" of a bracketed one,
// otherwise at a space; both only outside of quotes.
func pathEnd(arg []byte) int {
	bracket := len(arg) > 0 && arg[0] == '<'
	quoted := false
	for i := 0; i < len(arg); i++ {
		switch c := arg[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case bracket && c == '>':
			return i + 1
		case !bracket && c == ' ':
			return i
		}
	}
	return len(arg)
}

// withoutRoute removes the source route, "@one,@two:", which is obsolete (RFC 5321 §4.1.1.3,
// appendix C).
func withoutRoute(text []byte) []byte {
	if text[0] != '@' {
		return text
	}
	if route, mailbox, ok := bytes.Cut(text, []byte(":")); ok && !bytes.ContainsAny(route, `"<>[ `) {
		return mailbox
	}
	return text
}

// parseMailbox parses local-part ["@" domain].
func parseMailbox(text []byte) (Path, bool) {
	local, rest, ok := parseLocal(text)
	if !ok || local == "" {
		return Path{}, false
	}
	if len(rest) == 0 {
		return Path{Local: local}, true
	}
	if rest[0] != '@' || !isDomain(rest[1:]) {
		return Path{}, false
	}
	return Path{Local: local, Domain: string(rest[1:])}, true
}

// parseLocal parses a dot-string or a quoted string and returns it unquoted.
func parseLocal(text []byte) (local string, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		end := bytes.IndexByte(text, '@')
		if end < 0 {
			end = len(text)
		}
		local = string(text[:end])
		return local, text[end:], isDotString(local)
	}
	var plain []byte
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c == '"' {
			return string(plain), text[i+1:], true
		}
		if c == '\\' && i+1 < len(text) {
			i++
			c = text[i]
		}
		if c < ' ' || c == 0x7F {
			return "", nil, false
		}
		plain = append(plain, c)
	}
	return "", nil, false
}

// isDotString reports whether a local part needs no quotes. Dots may be anywhere: some providers
// use names like "a..b".
func isDotString(local string) bool {
	for i := range len(local) {
		if c := local[i]; c <= ' ' || c == 0x7F || strings.IndexByte(`()<>[]:;,\"@`, c) >= 0 {
			return false
		}
	}
	return local != ""
}

// isDomain reports whether text is a domain or an address literal.
func isDomain(text []byte) bool {
	if len(text) == 0 || len(text) > maxDomain {
		return false
	}
	if text[0] == '[' {
		return isLiteral(string(text))
	}
	for label := range bytes.SplitSeq(text, []byte(".")) {
		if len(label) == 0 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if !isAlphanumeric(c) && c != '-' && c != '_' && c < 0x80 {
				return false
			}
		}
	}
	return true
}

// isLiteral reports whether text is an address literal.
func isLiteral(text string) bool {
	_, ok := Path{Domain: text}.address()
	return ok
}

// address returns the address in an address literal (RFC 5321 §4.1.3), "[192.0.2.1]" or
// "[IPv6:2001:db8::1]". Other kinds are not in use.
func (p Path) address() (a netip.Addr, ok bool) {
	inner, opened := strings.CutPrefix(p.Domain, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return netip.Addr{}, false
	}
	if tag := "IPv6:"; len(inner) > len(tag) && strings.EqualFold(inner[:len(tag)], tag) {
		a, err := netip.ParseAddr(inner[len(tag):])
		return a.Unmap(), err == nil && a.Is6() && a.Zone() == ""
	}
	a, err := netip.ParseAddr(inner)
	return a, err == nil && a.Is4()
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isASCII reports whether a path can be written without SMTPUTF8.
func (p Path) isASCII() bool { return names.IsASCII(p.Local) && names.IsASCII(p.Domain) }
