package sasl

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// maxNonce is how many octets of a nonce a client may choose.
const maxNonce = 1024

// strict is base64 with exactly one valid encoding of a value. It ignores line ends, which
// printable text does not have.
var strict = base64.StdEncoding.Strict()

// A clientFirst is the client's first message (RFC 5802 §7).
type clientFirst struct {
	gs2     string // "n,," or "p=tls-exporter,a=anna,", which the final message repeats
	flag    string // "n", "y" or "p=" and a name
	authzid string // as the client wrote it, decoded; mostly ""
	bare    string // what is signed: "n=anna,r=nonce"
	user    string // decoded
	nonce   string // the client's
}

// parseFirst parses a client's first message. Attributes that are mandatory extensions ("m=") are
// refused, others after the nonce are ignored, as the RFC says.
func parseFirst(message string) (clientFirst, error) {
	var m clientFirst
	flag, rest, ok := strings.Cut(message, ",")
	authzid, bare, ok2 := strings.Cut(rest, ",")
	if !ok || !ok2 || !isFlag(flag) {
		return m, ErrMalformed
	}
	m.flag, m.bare, m.gs2 = flag, bare, message[:len(message)-len(bare)]
	if authzid != "" {
		if m.authzid, ok = parseName(authzid, "a="); !ok {
			return m, ErrMalformed
		}
	}
	name, rest, ok := strings.Cut(bare, ",")
	nonce, extensions, _ := strings.Cut(rest, ",")
	if !ok {
		return m, ErrMalformed
	}
	if m.user, ok = parseName(name, "n="); !ok {
		return m, ErrMalformed
	}
	m.nonce, ok = strings.CutPrefix(nonce, "r=")
	if !ok || !isPrintable(m.nonce) || len(m.nonce) > maxNonce || !areExtensions(extensions) {
		return m, ErrMalformed
	}
	return m, nil
}

// parseFinal parses the client's final message without its proof.
func parseFinal(bare string) (binding []byte, nonce string, ok bool) {
	first, rest, _ := strings.Cut(bare, ",")
	second, extensions, _ := strings.Cut(rest, ",")
	text, ok := strings.CutPrefix(first, "c=")
	nonce, ok2 := strings.CutPrefix(second, "r=")
	if !ok || !ok2 || !isPrintable(text) || !areExtensions(extensions) {
		return nil, "", false
	}
	binding, err := strict.DecodeString(text)
	return binding, nonce, err == nil
}

// isFlag reports whether s is a flag for channel binding.
func isFlag(s string) bool {
	name, ok := strings.CutPrefix(s, "p=")
	return s == "n" || s == "y" || ok && isPrintable(name)
}

// parseName reads "n=" and a saslname: UTF-8 without NUL, in which a comma is "=2C" and an
// equals sign "=3D".
func parseName(s, prefix string) (name string, ok bool) {
	s, ok = strings.CutPrefix(s, prefix)
	if !ok || !utf8.ValidString(s) {
		return "", false
	}
	name = names.Replace(s)
	if strings.Count(s, "=") != strings.Count(s, "=2C")+strings.Count(s, "=3D") {
		return "", false
	}
	return name, isUser([]byte(name))
}

var names = strings.NewReplacer("=2C", ",", "=3D", "=")

// areExtensions reports whether s, which follows the last attribute that is used, is empty or
// consists of attributes that may be ignored.
func areExtensions(s string) bool {
	for s != "" {
		var one string
		one, s, _ = strings.Cut(s, ",")
		if len(one) < 2 || one[1] != '=' || !isLetter(one[0]) || !utf8.ValidString(one) || strings.IndexByte(one, 0) >= 0 {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isPrintable reports whether s has octets, all of them 0x21…0x7E but the comma.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e || s[i] == ',' {
			return false
		}
	}
	return s != ""
}
