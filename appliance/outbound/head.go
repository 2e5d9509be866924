package outbound

import (
	"encoding/base32"
	"errors"
	"strings"
	"unicode/utf8"

	"crypto/rand"

	"pillarbox/spool"
)

// Key is the mailbox of the spool that holds the recipients elsewhere. Keys of accounts are random,
// so that none is this one. It is fixed, because the queue must be found without another file, also
// in a copy of the spool.
const Key spool.Key = 0x7069_6c6c_6172_6f75

// A Head is the state of one recipient elsewhere. It is the head of that recipient in
// the record of the message, as three header fields, so that what an older version exports is a
// message:
//
//	X-Pillarbox-Queue: mzk5w7q2tn4a anna-gmail CRLF      ID of the message, remote account
//	X-Pillarbox-To: bob@example.org CRLF                 forward-path without brackets
//	X-Pillarbox-Report: notify=FAILURE ret=HDRS … CRLF   see wishes; empty for none
type Head struct {
	ID      string // of the message, the same for all of its recipients elsewhere
	Account string // the remote account through which it is sent
	To      string // forward-path, without brackets
	Wishes  Wishes
}

// Wishes are the notifications that the sender requests (RFC 3461).
type Wishes struct {
	Notify     string // "NEVER", or of "SUCCESS,FAILURE,DELAY"; "" for the default: FAILURE and DELAY
	Return     string // "FULL", "HDRS" or ""
	Original   string // ORCPT, decoded
	EnvelopeID string // ENVID, decoded
}

// Wants reports whether the sender requests a report of an event: "SUCCESS", "FAILURE" or "DELAY".
func (w Wishes) Wants(event string) bool {
	if w.Notify == "" {
		return event != "SUCCESS"
	}
	for word := range strings.SplitSeq(w.Notify, ",") {
		if word == event {
			return true
		}
	}
	return false
}

const (
	fieldQueue  = "X-Pillarbox-Queue: "
	fieldTo     = "X-Pillarbox-To: "
	fieldReport = "X-Pillarbox-Report:"

	// maxHead bounds a head in octets: a path has at most 256, ORCPT and ENVID 600 that are quoted.
	maxHead = 4096
)

// NewID returns the ID of a message that is queued: 12 lower-case letters and digits.
func NewID() string {
	var octets [8]byte
	rand.Read(octets[:]) // never fails (crypto/rand)
	return ids.EncodeToString(octets[:])[:idSize]
}

const idSize = 12

var ids = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// errHead is returned for octets that are not a head.
var errHead = errors.New("outbound: the head of a queued recipient cannot be read")

// Append appends the head. The error is about a value that cannot be stored.
func (h *Head) Append(dst []byte) ([]byte, error) {
	from := len(dst)
	dst = append(dst, fieldQueue+h.ID+" "+h.Account+"\r\n"+fieldTo+h.To+"\r\n"+fieldReport...)
	for _, w := range h.Wishes.words() {
		if *w.value != "" {
			dst = append(dst, " "+w.name+"="+quote(*w.value)...)
		}
	}
	dst = append(dst, "\r\n"...)
	again, n, err := ParseHead(dst[from:])
	if err != nil || n != len(dst)-from || again != *h {
		return dst[:from], errHead
	}
	return dst, nil
}

// words are the wishes under the names in which they are stored.
func (w *Wishes) words() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{{"notify", &w.Notify}, {"ret", &w.Return}, {"orcpt", &w.Original}, {"envid", &w.EnvelopeID}}
}

// ParseHead reads the head at the beginning of a stored message and returns its size.
func ParseHead(text []byte) (h Head, size int, err error) {
	rest := string(text[:min(len(text), maxHead)])
	field := func(name string) string {
		line, after, ok := strings.Cut(rest, "\r\n")
		value, named := strings.CutPrefix(line, name)
		if !ok || !named || !isPlain(value) {
			err = errHead
			return ""
		}
		rest, size = after, size+len(line)+len("\r\n")
		return value
	}
	queue, to, report := field(fieldQueue), field(fieldTo), ""
	if err == nil {
		report = field(fieldReport)
	}
	if err != nil {
		return Head{}, 0, err
	}
	h.To = to
	h.ID, h.Account, _ = strings.Cut(queue, " ")
	if len(h.ID) != idSize || h.Account == "" || strings.Contains(h.Account, " ") || h.To == "" || !h.Wishes.parse(report) {
		return Head{}, 0, errHead
	}
	return h, size, nil
}

func (w *Wishes) parse(text string) bool {
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		known := false
		for _, k := range w.words() {
			if k.name == name {
				var ok bool
				if *k.value, ok = unquote(value); !ok {
					return false
				}
				known = true
			}
		}
		if !known {
			return false
		}
	}
	return true
}

// isPlain reports whether text holds no control character and is UTF-8.
func isPlain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// quote writes a value without spaces; "%" begins two hexadecimal digits.
func quote(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == 0x7F || c == '%' || c >= utf8.RuneSelf {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unquote(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return "", false
			}
			high, low := strings.IndexByte("0123456789ABCDEF", text[i+1]), strings.IndexByte("0123456789ABCDEF", text[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			c, i = byte(high<<4|low), i+2
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
