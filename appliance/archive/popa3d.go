package archive

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"hash"
)

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
