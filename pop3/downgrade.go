package pop3

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"unicode/utf8"

	"pillarbox/pop3/wire"
)

// How a field with UTF-8 in it is written for a client that reads ASCII.
type rewriting func(value string) (string, bool) // false: the field is left out

// rewritings are those of the fields whose value is not free text, by name in small letters.
// A nil one leaves the field out: there is no ASCII form of it that would be true.
var rewritings = map[string]rewriting{
	"from": addresses, "sender": addresses, "reply-to": addresses, "to": addresses, "cc": addresses, "bcc": addresses,
	"resent-from": addresses, "resent-sender": addresses, "resent-to": addresses, "resent-cc": addresses, "resent-bcc": addresses,
	"disposition-notification-to": addresses,

	"content-type": parameters, "content-disposition": parameters,

	"return-path": nil, "delivered-to": nil, "received": nil, "message-id": nil, "in-reply-to": nil, "references": nil,
	"resent-message-id": nil, "date": nil, "resent-date": nil, "mime-version": nil, "content-id": nil,
	"content-transfer-encoding": nil, "dkim-signature": nil, "authentication-results": nil, "received-spf": nil,
	"arc-seal": nil, "arc-message-signature": nil, "arc-authentication-results": nil, "original-recipient": nil,
}

// downgrade rewrites a header for a client that did not say UTF8, in the simple way of RFC
// 6858: names and free text become encoded words (RFC 2047), addresses that cannot be written in
// ASCII the one that reaches nobody, parameters RFC 2231's form, and what is left is left out.
// Fields in ASCII stay as they are, and so does what is neither ASCII nor UTF-8: nobody knows
// what it means. From the first line on that is no field all is left alone: it is the text of a mail without a header.
func downgrade(header []byte) []byte {
	out := make([]byte, 0, len(header)+len(header)/2)
	for len(header) > 0 {
		n := fieldEnd(header)
		field := header[:n]
		if !isField(field) {
			return append(out, header...)
		}
		header = header[n:]
		if !wire.EightBit(field) || !utf8.Valid(field) {
			out = append(out, field...)
			continue
		}
		out = appendDowngraded(out, field)
	}
	return out
}

// fieldEnd returns where the first field ends: behind the first line that none follows which
// begins with a blank.
func fieldEnd(header []byte) int {
	for at := 0; ; {
		n := bytes.IndexByte(header[at:], '\n')
		if n < 0 {
			return len(header)
		}
		at += n + 1
		if at == len(header) || header[at] != ' ' && header[at] != '\t' {
			return at
		}
	}
}

// isField says whether a line begins with the name of a field (RFC 5322 §2.2), or ends the header.
func isField(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	other := func(r rune) bool { return r <= ' ' || beyondASCII(r) }
	return ok && len(name) > 0 && bytes.IndexFunc(name, other) < 0 || string(line) == "\r\n"
}

// appendDowngraded appends a field with UTF-8 in it.
func appendDowngraded(out, field []byte) []byte {
	name, value, _ := strings.Cut(string(field), ":")
	rewrite, special := rewritings[strings.ToLower(strings.TrimSpace(name))]
	if !special {
		rewrite = freeText
	}
	if rewrite == nil {
		return out
	}
	value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", ""))
	value, ok := rewrite(value)
	if !ok {
		return out
	}
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

// freeText writes text in encoded words, from the first word that needs it to the last.
func freeText(value string) (string, bool) {
	first := strings.IndexFunc(value, beyondASCII)
	last := strings.LastIndexFunc(value, beyondASCII)
	if first < 0 {
		return value, true
	}
	first = strings.LastIndexAny(value[:first], " \t") + 1
	rest := ""
	if n := strings.IndexAny(value[last:], " \t"); n >= 0 {
		value, rest = value[:last+n], fold+value[last+n+1:]
	}
	return value[:first] + encodedWords(value[first:]) + rest, true
}

// encodedWords writes text in encoded words, one a line.
func encodedWords(text string) string {
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", text), "?= =?", "?="+fold+"=?")
}

// fold goes on in the next line.
const fold = "\r\n "

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// nobody is the address that stands for one that ASCII cannot say (RFC 6858 §2.1).
const nobody = "invalid@internationalized-address.invalid"

// addresses writes a list of addresses, one a line.
func addresses(value string) (string, bool) {
	list, err := mail.ParseAddressList(value)
	if err != nil {
		return unreadable(value), true
	}
	written := make([]string, len(list))
	for i, a := range list {
		if strings.ContainsFunc(a.Address, beyondASCII) {
			name := a.Address
			if a.Name != "" {
				name = a.Name + " " + a.Address
			}
			written[i] = encodedWords(name) + fold + "<" + nobody + ">"
			continue
		}
		written[i] = strings.ReplaceAll(a.String(), "?= =?", "?="+fold+"=?")
	}
	return strings.Join(written, ","+fold), true
}

// unreadable writes a list of addresses that cannot be read: as it is with "?" for letters, where those are
// in names alone, else as a name without an address.
func unreadable(value string) string {
	for rest := value; ; {
		at := strings.IndexFunc(rest, beyondASCII)
		if at < 0 {
			return toASCII(value, '?')
		}
		behind := rest[at:]
		if open := strings.IndexByte(behind, '<'); open < 0 || strings.ContainsAny(behind[:open], "@>") {
			return encodedWords(value) + fold + "<" + nobody + ">"
		} else {
			rest = behind[open:]
		}
	}
}

// toASCII puts c in the place of each letter beyond ASCII.
func toASCII(s string, c rune) string {
	return strings.Map(func(r rune) rune {
		if beyondASCII(r) {
			return c
		}
		return r
	}, s)
}

// parameters writes a type and its parameters. One that cannot be read keeps what is ASCII in it,
// for a boundary may be there.
func parameters(value string) (string, bool) {
	if kind, given, err := mime.ParseMediaType(value); err == nil {
		if written := mime.FormatMediaType(kind, given); written != "" {
			return strings.ReplaceAll(written, "; ", ";"+fold), true
		}
	}
	return toASCII(value, '_'), true
}
