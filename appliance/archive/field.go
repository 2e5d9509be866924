package archive

import (
	"bytes"
	"strings"
)

// A fieldKind grades the line after a line that begins with "From ".
type fieldKind uint8

const (
	noField    fieldKind = iota
	anyField             // a name and a colon, as RFC 5322 §2.2 has it
	usualField           // a name that mail programs write
)

// longestName bounds the name of a header field in octets.
const longestName = 76

// fieldOf splits a header line into its name and its value.
func fieldOf(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t") // obsolete, and read (RFC 5322 §4.5)
	if !ok || len(name) == 0 || len(name) > longestName || bytes.HasPrefix(value, []byte("//")) {
		return nil, nil, false
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return nil, nil, false
		}
	}
	return name, bytes.TrimSpace(value), true
}

// gradeField grades a line.
func gradeField(line []byte) fieldKind {
	name, _, ok := fieldOf(line)
	if !ok {
		return noField
	}
	lower := strings.ToLower(string(name))
	for _, prefix := range usualPrefixes {
		if strings.HasPrefix(lower, prefix) {
			return usualField
		}
	}
	for _, usual := range usualNames {
		if lower == usual {
			return usualField
		}
	}
	return anyField
}

// usualPrefixes and usualNames are what stands first in the header of a message.
var (
	usualPrefixes = []string{"x-", "resent-", "content-", "list-", "arc-", "dkim-", "domainkey-", "authentication-", "received", "delivered-", "thread-", "disposition-"}
	usualNames    = []string{
		"return-path", "from", "to", "cc", "bcc", "date", "subject", "message-id", "mime-version", "sender", "reply-to", "in-reply-to", "references",
		"status", "lines", "envelope-to", "delivery-date", "errors-to", "organization", "precedence", "importance", "priority", "user-agent",
		"newsgroups", "path", "comments", "keywords", "autocrypt", "feedback-id", "auto-submitted",
	}
)

// named reports whether name is the header field want, which is in lower case.
func named(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}
