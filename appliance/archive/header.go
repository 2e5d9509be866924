package archive

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"pillarbox/appliance/transfer"
)

// A header holds the header fields of a message in an mbox that an import uses. It has 300 octets;
// a file has one at a time.
type header struct {
	xuidl    string // X-UIDL
	uid      uint32 // X-UID, of IMAP
	validity uint32 // X-IMAPbase or X-IMAP, 0 if there is none
	internal bool   // Subject of the message in which c-client keeps its data
	imap     bool   // X-IMAP
	deleted  bool   // X-Status, X-Mozilla-Status or X-Evolution
	mozilla  bool   // X-Mozilla-Status was seen
	length   int64  // Content-Length, -1 if there is none or they differ
	lengths  int
	ours     bool // X-UIDL stands first
	popa3d   *popa3dID
}

func newHeader() header { return header{length: -1, popa3d: newPopa3dID()} }

// internalSubject is in the first message of a file that UW IMAP or Alpine writes; that one is no
// mail.
const internalSubject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"

// field reads a header line.
func (h *header) field(line []byte) {
	name, octets, ok := fieldOf(line)
	if !ok {
		return
	}
	value := string(octets)
	switch {
	case named(name, "x-uidl"):
		if h.xuidl == "" && transfer.ValidUID(value) {
			h.xuidl = value
		}
	case named(name, "x-uid"):
		if n, err := strconv.ParseUint(value, 10, 32); err == nil && h.uid == 0 {
			h.uid = uint32(n)
		}
	case named(name, "x-imapbase"), named(name, "x-imap"):
		first, _, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(first, 10, 32); err == nil && h.validity == 0 {
			h.validity = uint32(n)
		}
		h.imap = h.imap || named(name, "x-imap")
	case named(name, "subject"):
		h.internal = h.internal || value == internalSubject
	case named(name, "x-status"):
		h.deleted = h.deleted || strings.Contains(value, "D")
	case named(name, "x-mozilla-status"):
		if n, err := strconv.ParseUint(value, 16, 32); err == nil && !h.mozilla {
			h.deleted, h.mozilla = h.deleted || n&0x0008 != 0, true
		}
	case named(name, "x-evolution"): // UID-FLAGS
		_, flags, _ := strings.Cut(value, "-")
		if n, err := strconv.ParseUint(flags, 16, 32); err == nil {
			h.deleted = h.deleted || n&0x2 != 0
		}
	case named(name, "content-length"):
		h.contentLength(value)
	}
}

// contentLength reads a Content-Length; two that differ are none.
func (h *header) contentLength(value string) {
	n, err := strconv.ParseInt(value, 10, 64)
	if h.lengths++; err != nil || n < 0 || h.lengths > 1 && n != h.length {
		n = -1
	}
	h.length = n
}

// uniqueID returns the unique-id of the message, and whether it is made of the content. validity is
// that of the file.
func (h *header) uniqueID(validity uint32) (uid string, made bool) {
	switch {
	case h.ours:
		return h.xuidl, false
	case validity != 0 && h.uid != 0:
		return dovecotUID(h.uid, validity), false
	case h.xuidl != "":
		return h.xuidl, false
	}
	return h.popa3d.uid(), true
}

// dovecotUID makes the unique-id that Dovecot makes of an IMAP UID. Its pop3_uidl_format is
// %08Xu%08Xv unless it was changed: u and v are variables, and X only means hexadecimal, which is
// written in small letters.
func dovecotUID(uid, validity uint32) string { return fmt.Sprintf("%08x%08x", uid, validity) }

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

// A popa3dID makes the unique-id that popa3d 1.0 gives to a message of an mbox: of the MD5 sum of
// those header fields that do not change. A mail client that fetched from popa3d has that one; for
// all others it is as good as any, because it is the same again when the file is imported again. It
// is written to, line by line, until the header ends.
type popa3dID struct {
	sum             hash.Hash
	fixed, received bool
}

func newPopa3dID() *popa3dID { return &popa3dID{sum: md5.New()} }

// add takes a part of a header line, the line end included.
func (p *popa3dID) add(raw []byte, starts bool) {
	if starts && len(raw) > 0 {
		switch raw[0] {
		case ' ', '\t': // belongs to the field before
		case 'R', 'r':
			is := hasField(raw, "Received:")
			p.fixed = !p.received && is
			if !p.received {
				p.received = is
			}
		case 'D', 'd':
			p.fixed = hasField(raw, "Delivered-To:") || !p.received && hasField(raw, "Date:")
		case 'M', 'm':
			p.fixed = !p.received && hasField(raw, "Message-ID:")
		case 'X':
			p.fixed = hasField(raw, "X-Delivery-ID:")
		default:
			p.fixed = false
		}
	}
	if p.fixed {
		p.sum.Write(raw)
	}
}

func hasField(raw []byte, field string) bool {
	return len(raw) >= len(field) && bytes.EqualFold(raw[:len(field)], []byte(field))
}

// uid returns the unique-id: half of the sum, as two numbers of 32 bits.
func (p *popa3dID) uid() string {
	h := p.sum.Sum(nil)
	return fmt.Sprintf("%02x%02x%02x%02x%02x%02x%02x%02x", h[3], h[2], h[1], h[0], h[7], h[6], h[5], h[4])
}
