package archive

import (
	"fmt"
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
