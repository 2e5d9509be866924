package smtpd

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mailParameters are the parameters of MAIL.
type mailParameters struct {
	size  int64  // SIZE= (RFC 1870); 0 if missing
	utf8  bool   // SMTPUTF8 (RFC 6531)
	envID string // ENVID= (RFC 3461 §4.4), decoded; "" if missing
	ret   string // RET= (RFC 3461 §4.3), in capitals; "" if missing
}

// rcptParameters are the parameters of RCPT.
type rcptParameters struct {
	success  bool   // NOTIFY=SUCCESS (RFC 3461 §4.1): a receipt is wanted
	notify   string // NOTIFY= in capitals; "" if missing
	original string // ORCPT= (RFC 3461 §4.2) as a receipt shows it, "rfc822;anna@home.arpa", or ""
}

// parseMailParameters parses what follows the reverse-path: nothing, or parameters after a space.
// BODY= (RFC 6152) changes nothing, because all content is stored as it is; AUTH= (RFC 4954 §5) is
// not trusted. dsn reports whether the parameters of RFC 3461 were offered.
func parseMailParameters(text []byte, dsn bool) (p mailParameters, err error) {
	if len(text) > 0 && text[0] != ' ' {
		return p, errSender
	}
	err = eachParameter(text, func(name, value string, valued bool) (err error) {
		upper := strings.ToUpper(value)
		switch {
		case name == "SIZE" && valued:
			p.size, err = parseSize(value)
			return err
		case name == "BODY" && (upper == "7BIT" || upper == "8BITMIME"):
		case name == "AUTH" && value != "":
		case name == "SMTPUTF8" && !valued:
			p.utf8 = true
		case dsn && name == "RET" && (upper == "FULL" || upper == "HDRS"):
			p.ret = upper
		case dsn && name == "ENVID":
			if p.envID, err = decodeXtext(value, maxEnvID, false); err != nil || value == "" {
				return errArgument
			}
		case name == "SIZE", name == "BODY", name == "AUTH", name == "SMTPUTF8", dsn && name == "RET":
			return errArgument
		default:
			return errParameter
		}
		return nil
	})
	if err != nil {
		return mailParameters{}, err
	}
	return p, nil
}

// parseRcptParameters parses what follows the forward-path. utf8 reports whether MAIL had SMTPUTF8.
func parseRcptParameters(text []byte, dsn, utf8 bool) (p rcptParameters, err error) {
	if len(text) > 0 && text[0] != ' ' {
		return p, errRecipient
	}
	err = eachParameter(text, func(name, value string, _ bool) (err error) {
		switch {
		case dsn && name == "NOTIFY":
			p.notify = strings.ToUpper(value)
			p.success, err = parseNotify(p.notify)
		case dsn && name == "ORCPT":
			p.original, err = parseOriginal(value, utf8)
		default:
			err = errParameter
		}
		return err
	})
	if err != nil {
		return rcptParameters{}, err
	}
	return p, nil
}

// eachParameter calls take for each esmtp-param (RFC 5321 §4.1.2): its name in capitals, its value,
// and whether there was an "=". A repeated parameter is an error.
func eachParameter(text []byte, take func(name, value string, valued bool) error) error {
	var seen []string
	for field := range bytes.SplitSeq(bytes.Trim(text, " "), []byte(" ")) {
		if len(field) == 0 {
			continue
		}
		name, value, valued := strings.Cut(string(field), "=")
		name = strings.ToUpper(name)
		if slices.Contains(seen, name) {
			return errArgument
		}
		seen = append(seen, name)
		if err := take(name, value, valued); err != nil {
			return err
		}
	}
	return nil
}

// parseNotify parses "NEVER", or a list of "SUCCESS", "FAILURE" and "DELAY", in capitals. FAILURE
// and DELAY have an effect for recipients of other servers only: what cannot be stored is not
// accepted.
func parseNotify(value string) (success bool, err error) {
	words := strings.Split(value, ",")
	for _, word := range words {
		switch {
		case word == "NEVER" && len(words) == 1, word == "FAILURE", word == "DELAY":
		case word == "SUCCESS":
			success = true
		default:
			return false, errArgument
		}
	}
	return success, nil
}

// maxDigits is how many digits a size may have (RFC 1870 §4).
const maxDigits = 20

// parseSize parses a number of octets. One that overflows int64 exceeds every limit.
func parseSize(text string) (int64, error) {
	if text == "" || len(text) > maxDigits || strings.Trim(text, "0123456789") != "" {
		return 0, errArgument
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errTooLarge
	}
	return n, nil
}

// cutPrefixFold is bytes.CutPrefix that ignores the case of ASCII letters.
func cutPrefixFold(text []byte, prefix string) ([]byte, bool) {
	if len(text) < len(prefix) || !bytes.EqualFold(text[:len(prefix)], []byte(prefix)) {
		return nil, false
	}
	return text[len(prefix):], true
}

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
