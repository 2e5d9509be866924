package smtpd

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The sizes of RFC 3461 §4.4 and §4.2, in octets as they are sent.
const (
	maxEnvID    = 100
	maxOriginal = 500
)

// decodeXtext decodes xtext (RFC 3461 §4): printable ASCII, in which "+", "=" and anything not
// printable is written as "+" and two hexadecimal digits. The result is printable ASCII too, so
// that it is valid in a header. If unicode is set, it may contain UTF-8 as well (RFC 6533 §3).
func decodeXtext(text string, longest int, unicode bool) (string, error) {
	if len(text) > longest {
		return "", errArgument
	}
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+':
			if i+2 >= len(text) || strings.Trim(text[i+1:i+3], "0123456789ABCDEF") != "" {
				return "", errArgument
			}
			n, _ := strconv.ParseUint(text[i+1:i+3], 16, 8) // the digits were just checked
			if c, i = byte(n), i+2; c < ' ' || c >= 0x7F {
				return "", errArgument
			}
		case c >= utf8.RuneSelf && unicode:
		case c <= ' ', c >= 0x7F, c == '=':
			return "", errArgument
		}
		plain.WriteByte(c)
	}
	if !utf8.ValidString(plain.String()) {
		return "", errArgument
	}
	return plain.String(), nil
}

// parseOriginal parses "type;xtext" and returns it decoded, as a receipt shows it. If unicode is
// set, the type "utf-8" may contain UTF-8; its own form of quoting, "\x{F6}", is shown as it is.
func parseOriginal(value string, unicode bool) (string, error) {
	kind, address, ok := strings.Cut(value, ";")
	if !ok || address == "" || !isAtom(kind) {
		return "", errArgument
	}
	address, err := decodeXtext(address, maxOriginal, unicode && strings.EqualFold(kind, "utf-8"))
	if err != nil {
		return "", err
	}
	return kind + ";" + address, nil
}

// isAtom reports whether text is an atom of ASCII (RFC 5322 §3.2.3).
func isAtom(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
			return false
		}
	}
	return text != ""
}
