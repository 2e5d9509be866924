package downgrade

import (
	"mime"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// A rewriter returns the ASCII form of the value of a field.
type rewriter func(value string) string

// rewriterOf returns the rewriter of a field by its name in lower case: unstructured, unless its
// value is no text. It is nil for a field that is left out: its value has no ASCII form that means
// the same.
func rewriterOf(name string) rewriter {
	switch name {
	case "from", "sender", "reply-to", "to", "cc", "bcc",
		"resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
		"disposition-notification-to":
		return addresses
	case "content-type", "content-disposition":
		return parameters
	case "return-path", "delivered-to", "original-recipient", "received",
		"message-id", "in-reply-to", "references", "resent-message-id",
		"date", "resent-date",
		"mime-version", "content-id", "content-transfer-encoding",
		"dkim-signature", "authentication-results", "received-spf",
		"arc-seal", "arc-message-signature", "arc-authentication-results":
		return nil
	}
	return unstructured
}

// appendRewritten appends the ASCII form of a field with UTF-8 in it, or nothing if the field is
// left out. The forms are those of the simplified downgrade of RFC 6858: unstructured text and
// display names become encoded words (RFC 2047), an address with UTF-8 in it is replaced by
// invalidAddress, and parameters are encoded by RFC 2231.
func appendRewritten(out, field []byte) []byte {
	name, value, _ := strings.Cut(string(field), ":")
	rewrite := rewriterOf(strings.ToLower(strings.TrimSpace(name)))
	if rewrite == nil {
		return out
	}
	value = rewrite(strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "")))
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

// unstructured encodes text from the first word with UTF-8 in it to the last.
func unstructured(value string) string {
	first := strings.IndexFunc(value, beyondASCII)
	last := strings.LastIndexFunc(value, beyondASCII)
	if first < 0 {
		return value
	}
	first = strings.LastIndexAny(value[:first], " \t") + 1
	rest := ""
	if n := strings.IndexAny(value[last:], " \t"); n >= 0 {
		value, rest = value[:last+n], fold+value[last+n+1:]
	}
	return value[:first] + encodedWords(value[first:]) + rest
}

// encodedWords encodes text in encoded words, one a line.
func encodedWords(text string) string {
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", text), "?= =?", "?="+fold+"=?")
}

// fold continues a field in the next line.
const fold = "\r\n "

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// invalidAddress replaces an address with UTF-8 in it (RFC 6858 §2.1).
const invalidAddress = "invalid@internationalized-address.invalid"

// addresses rewrites a list of addresses, one a line. The replaced address is shown in the display
// name.
func addresses(value string) string {
	list, err := mail.ParseAddressList(value)
	if err != nil {
		return invalidList(value)
	}
	written := make([]string, len(list))
	for i, a := range list {
		if strings.ContainsFunc(a.Address, beyondASCII) {
			name := a.Address
			if a.Name != "" {
				name = a.Name + " " + a.Address
			}
			written[i] = encodedWords(name) + fold + "<" + invalidAddress + ">"
			continue
		}
		written[i] = strings.ReplaceAll(a.String(), "?= =?", "?="+fold+"=?")
	}
	return strings.Join(written, ","+fold)
}

// invalidList rewrites a list of addresses that cannot be parsed. If UTF-8 is only in front of "<",
// where display names are, each character becomes "?". Otherwise the whole list becomes one display
// name.
func invalidList(value string) string {
	for rest := value; ; {
		at := strings.IndexFunc(rest, beyondASCII)
		if at < 0 {
			return toASCII(value, '?')
		}
		after := rest[at:]
		if open := strings.IndexByte(after, '<'); open < 0 || strings.ContainsAny(after[:open], "@>") {
			return encodedWords(value) + fold + "<" + invalidAddress + ">"
		} else {
			rest = after[open:]
		}
	}
}

// toASCII replaces each character above 0x7F by c.
func toASCII(s string, c rune) string {
	return strings.Map(func(r rune) rune {
		if beyondASCII(r) {
			return c
		}
		return r
	}, s)
}

// parameters rewrites a media type and its parameters. If they cannot be parsed, their ASCII
// characters are kept, because the boundary of the parts of the message may be among them.
func parameters(value string) string {
	if kind, given, err := mime.ParseMediaType(value); err == nil {
		if written := mime.FormatMediaType(kind, given); written != "" {
			return strings.ReplaceAll(written, "; ", ";"+fold)
		}
	}
	return toASCII(value, '_')
}
