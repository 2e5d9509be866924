package smtpd

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// mailParameters is what MAIL says behind the reverse-path.
type mailParameters struct {
	size int64 // SIZE= (RFC 1870); 0 when not said
	utf8 bool  // SMTPUTF8 (RFC 6531)
}

// parseMailParameters reads what follows the reverse-path: nothing, or parameters that a
// space stands before. BODY= says nothing that is not kept anyway (RFC 6152), and AUTH=
// (RFC 4954 §5) nothing that is believed.
func parseMailParameters(text []byte) (p mailParameters, err error) {
	if len(text) > 0 && text[0] != ' ' {
		return p, errSender
	}
	var seen []string
	for field := range bytes.FieldsSeq(text) {
		name, value, valued := strings.Cut(strings.ToUpper(string(field)), "=")
		if slices.Contains(seen, name) {
			return p, errArgument
		}
		seen = append(seen, name)
		switch {
		case name == "SIZE" && valued:
			if p.size, err = parseSize(value); err != nil {
				return p, err
			}
		case name == "BODY" && (value == "7BIT" || value == "8BITMIME"):
		case name == "AUTH" && value != "":
		case name == "SMTPUTF8" && !valued:
			p.utf8 = true
		case name == "SIZE", name == "BODY", name == "AUTH", name == "SMTPUTF8":
			return p, errArgument
		default:
			return p, errParameter
		}
	}
	return p, nil
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
