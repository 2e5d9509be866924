package format

import (
	"encoding/binary"
	"hash/crc32"
)

// A Kind is the kind of a record.
type Kind uint8

const (
	KindMessage    Kind = 1 // a message for one or more mailboxes
	KindTombstones Kind = 2 // messages that were expunged
	KindMoved      Kind = 3 // a message copied from a segment that will be retired
	KindRetire     Kind = 4 // segments whose records no longer count
	kindFooter     Kind = 5 // the summary of a sealed segment; never inside a batch
	KindManifest   Kind = 6 // which segments count; in the first batch of each hot segment
	KindLabels     Kind = 7 // labels of messages
	// How messages are called at the providers that they came from; in version 2.
	KindRemotes Kind = 8
)

// A Frame begins a record: 24 bytes, then meta bytes of msgp, then the body.
type Frame struct {
	Kind   Kind
	Length uint32 // bytes of the whole record without its padding to 8
	Meta   uint32 // bytes of the msgp part
	tag    uint64 // the open that wrote it, the same as in its batch header
}

const FrameSize = 24

// AppendHead appends the frame and the meta of a record whose body is body bytes long. The checksum
// covers both; the body has its own in the meta.
func AppendHead(b []byte, k Kind, tag uint64, seed uint32, meta []byte, body int64) []byte {
	le := binary.LittleEndian
	start := len(b)
	b = append(b, make([]byte, FrameSize)...)
	p := b[start:]
	le.PutUint32(p[4:], uint32(FrameSize+int64(len(meta))+body))
	le.PutUint32(p[8:], uint32(len(meta)))
	p[12] = byte(k)
	le.PutUint64(p[16:], tag)
	b = append(b, meta...)
	le.PutUint32(b[start:], crc32.Update(seed, Castagnoli, b[start+4:]))
	return b
}

// DecodeFrame decodes a frame. It does not check the checksum, which covers the meta too: see
// VerifyHead. limit is the largest length that the record may have.
func DecodeFrame(p []byte, limit int64) (Frame, error) {
	le := binary.LittleEndian
	if len(p) < FrameSize {
		return Frame{}, ErrUnreadable
	}
	f := Frame{Kind: Kind(p[12]), Length: le.Uint32(p[4:]), Meta: le.Uint32(p[8:]), tag: le.Uint64(p[16:])}
	if p[13]|p[14]|p[15] != 0 || f.Kind < KindMessage || f.Kind > KindRemotes ||
		int64(f.Length) > limit || f.Length < FrameSize || f.Meta > f.Length-FrameSize {
		return Frame{}, ErrUnreadable
	}
	return f, nil
}

// VerifyHead reports whether the checksum of a frame and its meta, which head holds, is right.
func VerifyHead(head []byte, seed uint32) bool {
	return binary.LittleEndian.Uint32(head) == crc32.Update(seed, Castagnoli, head[4:])
}

// Align8 rounds up to where the next record may begin.
func Align8(n int64) int64 { return (n + 7) &^ 7 }

// The trailer is the last 32 bytes of a sealed slot and gives the length of the footer, which ends
// where the trailer begins. One read of the last page usually returns both.
const (
	TrailerMagic = "PLRBEND\x00"
	TrailerSize  = 32
)

// decodeTrailer returns the length of the footer's record, which precedes the trailer.
func decodeTrailer(t []byte, segment uint64, seed uint32) (length int64, err error) {
	le := binary.LittleEndian
	if string(t[:8]) != TrailerMagic || le.Uint64(t[16:]) != segment ||
		le.Uint32(t[8:]) != crc32.Update(seed, Castagnoli, t[12:TrailerSize]) {
		return 0, ErrUnreadable
	}
	return int64(le.Uint32(t[12:])), nil
}
