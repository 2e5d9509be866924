package spool

import (
	"encoding/binary"
	"hash/crc32"

	"pillarbox/spool/flash"
	"pillarbox/spool/msgp"
)

// A Lifetime counts what the spool has done to its device since it was made. It rides in every
// batch header, so keeping it costs no write of its own.
type Lifetime struct {
	In      uint64 // bytes of mail written, in wire form, those of deliveries that were broken off included
	Copied  uint64 // bytes moved to make room
	Padded  uint64 // bytes of padding, headers, footers and records beside the mail
	Flushes uint64 // flushes of a file
}

// A batchHeader begins a batch: all that was waiting when the last flush ended, written
// from a fresh page and made durable by one flush. 96 bytes.
type batchHeader struct {
	segment  uint64
	tag      uint64 // the open that wrote it
	epoch    uint32
	page     uint32 // where in the slot it begins
	length   uint32 // bytes with this header, without the padding to the next page
	records  uint32
	durable  uint32 // pages of this segment that were durable before this batch was written
	lifetime Lifetime
}

// append writes a Lifetime as a msgp value; the footer of a sealed segment keeps it too.
func (l *Lifetime) append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, 4)
	b = msgp.AppendUint64(b, l.In)
	b = msgp.AppendUint64(b, l.Copied)
	b = msgp.AppendUint64(b, l.Padded)
	return msgp.AppendUint64(b, l.Flushes)
}

func (r *reader) lifetime() Lifetime {
	if r.array() != 4 {
		r.err = errUnreadable
	}
	return Lifetime{r.uint64(), r.uint64(), r.uint64(), r.uint64()}
}

const (
	batchMagic      = 0x48435442 // "BTCH"
	batchHeaderSize = 96
)

func (b *batchHeader) encode(p []byte, f *format) {
	le := binary.LittleEndian
	clear(p[:batchHeaderSize])
	le.PutUint32(p, batchMagic)
	le.PutUint64(p[8:], b.segment)
	le.PutUint64(p[16:], b.tag)
	le.PutUint32(p[24:], b.epoch)
	le.PutUint32(p[28:], b.page)
	le.PutUint32(p[32:], b.length)
	le.PutUint32(p[36:], b.records)
	le.PutUint32(p[40:], b.durable)
	le.PutUint64(p[48:], b.lifetime.In)
	le.PutUint64(p[56:], b.lifetime.Copied)
	le.PutUint64(p[64:], b.lifetime.Padded)
	le.PutUint64(p[72:], b.lifetime.Flushes)
	le.PutUint32(p[4:], crc32.Update(f.seed(b.segment), castagnoli, p[8:batchHeaderSize]))
}

// decodeBatch reads a batch header that begins at the given page of any segment.
func decodeBatch(p []byte, page uint32, f *format) (batchHeader, error) {
	le := binary.LittleEndian
	if le.Uint32(p) != batchMagic {
		return batchHeader{}, errUnreadable
	}
	b := batchHeader{
		segment: le.Uint64(p[8:]),
		tag:     le.Uint64(p[16:]),
		epoch:   le.Uint32(p[24:]),
		page:    le.Uint32(p[28:]),
		length:  le.Uint32(p[32:]),
		records: le.Uint32(p[36:]),
		durable: le.Uint32(p[40:]),
		lifetime: Lifetime{
			In:      le.Uint64(p[48:]),
			Copied:  le.Uint64(p[56:]),
			Padded:  le.Uint64(p[64:]),
			Flushes: le.Uint64(p[72:]),
		},
	}
	if le.Uint32(p[4:]) != crc32.Update(f.seed(b.segment), castagnoli, p[8:batchHeaderSize]) {
		return batchHeader{}, errUnreadable
	}
	room := f.slotSize - int64(page)*unit
	if b.page != page || b.length < batchHeaderSize || int64(b.length) > room || b.durable > page {
		return batchHeader{}, errUnreadable
	}
	return b, nil
}

// unit is where batches begin, in bytes: on fresh pages. Less would write the page again that holds the end of the batch
// before, which is acknowledged, and a power cut could take it along.
const unit = flash.Page

// firstUnit is where the first batch of a segment begins: after the header.
const firstUnit = flash.Page / unit

func unitsOf(n int64) uint32 { return uint32((n + unit - 1) / unit) }

// next returns where the batch after this one begins.
func (b *batchHeader) next() uint32 { return b.page + unitsOf(int64(b.length)) }

// pagesOf returns how many pages n bytes take.
func pagesOf(n int64) uint32 { return uint32((n + flash.Page - 1) / flash.Page) }
