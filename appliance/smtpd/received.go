package smtpd

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"time"
)

// maxFolded is where a line of the trace is folded, in octets without CRLF (RFC 5322 §2.1.1).
const maxFolded = 78

// traceHead returns the beginning of a message that belongs to one mailbox, in wire form. Both
// lines contain an address with a domain, so that an answer finds its way, and so that fetchmail's
// "envelope Delivered-To" finds a recipient that it can compare with its local domains.
func traceHead(from, to Path) []byte {
	return []byte("Return-Path: <" + from.String() + ">\r\nDelivered-To: <" + to.String() + ">\r\n")
}

// received returns the trace line that all recipients share, with its CRLF (RFC 5321 §4.4). It
// contains nothing that the client wrote except what was parsed before. only is the recipient if
// there is one: of several, none may learn of another.
func received(hostname string, e *Envelope, only Path) []byte {
	var f folded
	f.add("Received: from", traceName(e.Helo, e.Remote))
	if e.Remote.IsValid() {
		f.add("(" + literal(e.Remote) + ")")
	}
	f.add("by", hostname)
	f.add("with", e.Protocol)
	if e.User != "" {
		f.add("(authenticated", comment(e.User)+")")
	}
	if !only.Null() {
		f.add("for", "<"+only.at(hostname).String()+">")
	}
	if conn, ok := e.Conn.(*tls.Conn); ok { // RFC 8314 §4.3
		state := conn.ConnectionState()
		f.add("tls", tls.CipherSuiteName(state.CipherSuite))
		f.add("(" + strings.ReplaceAll(tls.VersionName(state.Version), " ", "") + ")")
	}
	f.semicolon()
	f.add(e.Received.Format(time.RFC1123Z))
	return append(f.text, '\r', '\n')
}

// receivedHere returns the trace line of a message that leaves: it names neither the client nor its
// user.
func receivedHere(e *Envelope) []byte {
	var f folded
	f.add("Received: by localhost (pillarbox)") // imapfetch.Find searches for it
	f.add("with", e.Protocol)
	f.semicolon()
	// The zone tells where the client is.
	f.add(e.Received.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	return append(f.text, '\r', '\n')
}

// folded is a header field whose lines are folded between words.
type folded struct {
	text []byte
	line int // octets of the last line
}

// add adds words that stay together, after a space or a fold.
func (f *folded) add(words ...string) {
	text := strings.Join(words, " ")
	switch {
	case len(f.text) == 0:
	case f.line+1+len(text) < maxFolded:
		f.text, f.line = append(f.text, ' '), f.line+1
	default:
		f.text, f.line = append(f.text, "\r\n\t"...), 1
	}
	f.text, f.line = append(f.text, text...), f.line+len(text)
}

// semicolon ends the clauses; the date follows.
func (f *folded) semicolon() { f.text, f.line = append(f.text, ';'), f.line+1 }

// traceName returns the name that a client gave, if that is a valid name; curl sends the name of a
// file, and a printer nothing. An address has to be followed by the client's real one.
func traceName(hello string, remote netip.Addr) string {
	name := Path{Domain: hello}
	if isDomain([]byte(hello)) && name.isASCII() && !strings.Contains(hello, "_") && (hello[0] != '[' || remote.IsValid()) {
		return hello
	}
	return "unknown"
}

// literal returns an address as RFC 5321 §4.1.3 writes it.
func literal(a netip.Addr) string {
	if a = a.Unmap().WithZone(""); a.Is6() {
		return "[IPv6:" + a.String() + "]"
	}
	return "[" + a.String() + "]"
}

// comment returns text that is valid in a comment (RFC 5322 §3.2.2), shortened if it is long.
func comment(text string) string {
	text = text[:min(len(text), maxLocal)]
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7F || strings.ContainsRune(`()\`, r) {
			return '?'
		}
		return r
	}, text)
}
