package smtpd

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// mailParameters is what MAIL says behind the reverse-path.
type mailParameters struct {
	size  int64  // SIZE= (RFC 1870); 0 when not said
	utf8  bool   // SMTPUTF8 (RFC 6531)
	envID string // ENVID= (RFC 3461 §4.4), decoded; "" when not said
}

// rcptParameters is what RCPT says behind the forward-path.
type rcptParameters struct {
	success  bool   // NOTIFY=SUCCESS (RFC 3461 §4.1): a receipt is wanted
	original string // ORCPT= (RFC 3461 §4.2) as a receipt shows it, "rfc822;anna@home.arpa"; "" when not said
}

// parseMailParameters reads what follows the reverse-path: nothing, or parameters that a space comes
// before. BODY= says nothing that is not kept anyway (RFC 6152), AUTH= (RFC 4954 §5) nothing that is believed,
// and RET= (RFC 3461 §4.3) speaks of failures, which are told before a mail is accepted. dsn says that the
// parameters of RFC 3461 were offered.
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

// parseRcptParameters reads what follows the forward-path. utf8 says that MAIL said SMTPUTF8.
func parseRcptParameters(text []byte, dsn, utf8 bool) (p rcptParameters, err error) {
	if len(text) > 0 && text[0] != ' ' {
		return p, errRecipient
	}
	err = eachParameter(text, func(name, value string, _ bool) (err error) {
		switch {
		case dsn && name == "NOTIFY":
			p.success, err = parseNotify(value)
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

// eachParameter calls take for each esmtp-param (RFC 5321 §4.1.2): its name in capitals, its value, and
// whether there was an "=". No parameter may be said twice.
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

// parseNotify reads "NEVER", or a list of "SUCCESS", "FAILURE" and "DELAY". Of failures nobody is told later,
// for what cannot be delivered is not accepted; and nothing is delayed.
func parseNotify(value string) (success bool, err error) {
	words := strings.Split(strings.ToUpper(value), ",")
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

// parseSize reads a number of octets. One that is too large for int64 is too large for the box.
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
