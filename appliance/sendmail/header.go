package sendmail

import (
	"crypto/rand"
	"encoding/hex"
	"mime"
	"strings"
	"time"
)

// unwanted are the fields that no recipient may see: who else got the message, and what the server
// writes itself.
var unwanted = []string{"Bcc", "Resent-Bcc", "Return-Path"}

// named returns the recipients that the header names, and an error for each part of those fields
// that is not an address. If there are Resent fields, only those count: To then names who got the
// message before (RFC 5322 section 3.6.6).
func (l *Input) named() (all []string, bad []error) {
	for _, prefix := range []string{"Resent-", ""} {
		there := false
		for _, f := range l.header {
			for _, name := range []string{"To", "Cc", "Bcc"} {
				if !strings.EqualFold(f.name, prefix+name) {
					continue
				}
				there = true
				found, wrong := addresses(f.value())
				all, bad = append(all, found...), append(bad, wrong...)
			}
		}
		if there {
			break
		}
	}
	return all, bad
}

// value returns the text after the colon, unfolded.
func (f field) value() string {
	_, value, _ := strings.Cut(string(f.text), ":")
	return strings.ReplaceAll(value, "\r\n", "")
}

// has reports whether the header has a field.
func (l *Input) has(name string) bool {
	for _, f := range l.header {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// An author is the sender of a message that has no From.
type author struct {
	name     string // the display name, may be ""
	address  string // one without a domain is at hostname
	hostname string
}

// finish returns the header as it is sent, with the blank line: without the unwanted fields, and
// with the fields that were missing at its end.
func (l *Input) finish(from author, now time.Time) []byte {
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

// field returns the value of the From field.
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
