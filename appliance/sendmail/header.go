package sendmail

import (
	"crypto/rand"
	"encoding/hex"
	"mime"
	"strings"
	"time"
)

// unwanted are the fields that no recipient is to see: who else got the letter, and what the box writes itself.
var unwanted = []string{"Bcc", "Resent-Bcc", "Return-Path"}

// named returns the recipients that the header names: those of the Resent fields if there are any, for then To says who
// got the letter before (RFC 5322 §3.6.6).
func (l *Letter) named() ([]string, error) {
	for _, prefix := range []string{"Resent-", ""} {
		var all []string
		there := false
		for _, f := range l.header {
			for _, name := range []string{"To", "Cc", "Bcc"} {
				if !strings.EqualFold(f.name, prefix+name) {
					continue
				}
				there = true
				found, err := addresses(f.value())
				if err != nil {
					return nil, err
				}
				all = append(all, found...)
			}
		}
		if there {
			return all, nil
		}
	}
	return nil, nil
}

// value returns what stands behind the colon, unfolded.
func (f field) value() string {
	_, value, _ := strings.Cut(string(f.text), ":")
	return strings.ReplaceAll(value, "\r\n", "")
}

// has says whether the header has a field.
func (l *Letter) has(name string) bool {
	for _, f := range l.header {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// An author is who a letter is from, where it does not say so itself.
type author struct {
	name     string // in words, perhaps ""
	address  string // a bare name is at hostname
	hostname string
}

// finish returns the header as it is sent, with the blank line: what is unwanted is left out, what is missing
// added at its end.
func (l *Letter) finish(from author, now time.Time) []byte {
	var out []byte
	for _, f := range l.header {
		wanted := true
		for _, name := range unwanted {
			wanted = wanted && !strings.EqualFold(f.name, name)
		}
		if wanted {
			out = append(out, f.text...)
		}
	}
	if !l.has("From") {
		out = append(out, "From: "+from.field()+"\r\n"...)
	}
	if !l.has("Date") {
		out = append(out, "Date: "+now.Format(time.RFC1123Z)+"\r\n"...)
	}
	if !l.has("Message-ID") {
		var random [8]byte
		rand.Read(random[:]) // never fails (crypto/rand)
		out = append(out, "Message-ID: <"+now.UTC().Format("20060102150405.")+hex.EncodeToString(random[:])+"@"+from.hostname+">\r\n"...)
	}
	return append(out, "\r\n"...)
}

// field returns the author as From has it.
func (a author) field() string {
	address := a.address
	if address == "" {
		address = "MAILER-DAEMON"
	}
	if !strings.Contains(address, "@") {
		address += "@" + a.hostname
	}
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, a.name)
	switch encoded := mime.QEncoding.Encode("utf-8", name); {
	case strings.TrimSpace(name) == "":
		return address
	case encoded != name:
		return encoded + " <" + address + ">"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + address + ">"
}
