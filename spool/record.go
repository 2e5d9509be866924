package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// A kind says what a record tells.
type kind uint8

const (
	kindMessage kind = 1 // a mail for one or more mailboxes
	kindTombs   kind = 2 // messages that were expunged
	kindMoved   kind = 3 // a message again, copied from a segment that is to be retired
	kindRetire  kind = 4 // segments whose records no longer count
	kindFooter  kind = 5 // what a sealed segment holds; never inside a batch
	kindCensus  kind = 6 // which segments count; in the first batch of each hot segment
	kindLabels  kind = 7 // labels that messages were given
)

// A frame begins a record: 24 bytes, then meta bytes of msgp, then the body.
type frame struct {
	kind   kind
	length uint32 // bytes of the whole record without its padding to 8
	meta   uint32 // bytes of the msgp part
	tag    uint64 // the open that wrote it, the same as in its batch header
}

const frameSize = 24

// appendHead appends the frame and the meta of a record whose body is body bytes long. The checksum
// covers both; the body has its own in the meta.
func appendHead(b []byte, k kind, tag uint64, seed uint32, meta []byte, body int64) []byte {
	le := binary.LittleEndian
	start := len(b)
	b = append(b, make([]byte, frameSize)...)
	p := b[start:]
	le.PutUint32(p[4:], uint32(frameSize+int64(len(meta))+body))
	le.PutUint32(p[8:], uint32(len(meta)))
	p[12] = byte(k)
	le.PutUint64(p[16:], tag)
	b = append(b, meta...)
	le.PutUint32(b[start:], crc32.Update(seed, castagnoli, b[start+4:]))
	return b
}

// decodeFrame reads a frame without its checksum, which needs the meta: verifyHead does that. limit is how many
// bytes the record may take at most.
func decodeFrame(p []byte, limit int64) (frame, error) {
	le := binary.LittleEndian
	if len(p) < frameSize {
		return frame{}, errUnreadable
	}
	f := frame{kind: kind(p[12]), length: le.Uint32(p[4:]), meta: le.Uint32(p[8:]), tag: le.Uint64(p[16:])}
	if p[13]|p[14]|p[15] != 0 || f.kind < kindMessage || f.kind > kindLabels ||
		int64(f.length) > limit || f.length < frameSize || f.meta > f.length-frameSize {
		return frame{}, errUnreadable
	}
	return f, nil
}

// verifyHead checks frame and meta, which head must hold.
func verifyHead(head []byte, seed uint32) bool {
	return binary.LittleEndian.Uint32(head) == crc32.Update(seed, castagnoli, head[4:])
}

// align8 rounds up to where the next record may begin.
func align8(n int64) int64 { return (n + 7) &^ 7 }
