package format

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/tinylib/msgp/msgp"

	"pillarbox/spool/flash"
)

// A Lifetime counts what the spool has written to its device since it was created. Every batch
// header holds it, so that keeping it costs no write of its own.
type Lifetime struct {
	In      uint64 // bytes of mail written, in wire form, including aborted deliveries
	Copied  uint64 // bytes moved by the cleaner
	Padded  uint64 // bytes of padding, headers, footers and records, that is, all but the mail
	Flushes uint64 // flushes of a file
}

// A BatchHeader begins a batch: everything that was waiting when the previous flush ended. A batch
// starts on a fresh page and one flush makes it durable. 96 bytes.
type BatchHeader struct {
	Segment  uint64
	Tag      uint64 // the open that wrote it
	Epoch    uint32
	Page     uint32 // where in the slot it begins
	Length   uint32 // bytes with this header, without the padding to the next page
	Records  uint32
	Durable  uint32 // pages of this segment that were durable before this batch was written
	Lifetime Lifetime
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
		r.err = ErrUnreadable
	}
	return Lifetime{r.uint64(), r.uint64(), r.uint64(), r.uint64()}
}

const (
	batchMagic      = 0x48435442 // "BTCH"
	BatchHeaderSize = 96
)

func (b *BatchHeader) Encode(p []byte, f *Format) {
	le := binary.LittleEndian
	clear(p[:BatchHeaderSize])
	le.PutUint32(p, batchMagic)
	le.PutUint64(p[8:], b.Segment)
	le.PutUint64(p[16:], b.Tag)
	le.PutUint32(p[24:], b.Epoch)
	le.PutUint32(p[28:], b.Page)
	le.PutUint32(p[32:], b.Length)
	le.PutUint32(p[36:], b.Records)
	le.PutUint32(p[40:], b.Durable)
	le.PutUint64(p[48:], b.Lifetime.In)
	le.PutUint64(p[56:], b.Lifetime.Copied)
	le.PutUint64(p[64:], b.Lifetime.Padded)
	le.PutUint64(p[72:], b.Lifetime.Flushes)
	le.PutUint32(p[4:], crc32.Update(f.Seed(b.Segment), Castagnoli, p[8:BatchHeaderSize]))
}

// DecodeBatch reads a batch header that begins at the given page of any segment.
func DecodeBatch(p []byte, page uint32, f *Format) (BatchHeader, error) {
	le := binary.LittleEndian
	if le.Uint32(p) != batchMagic {
		return BatchHeader{}, ErrUnreadable
	}
	b := BatchHeader{
		Segment: le.Uint64(p[8:]),
		Tag:     le.Uint64(p[16:]),
		Epoch:   le.Uint32(p[24:]),
		Page:    le.Uint32(p[28:]),
		Length:  le.Uint32(p[32:]),
		Records: le.Uint32(p[36:]),
		Durable: le.Uint32(p[40:]),
		Lifetime: Lifetime{
			In:      le.Uint64(p[48:]),
			Copied:  le.Uint64(p[56:]),
			Padded:  le.Uint64(p[64:]),
			Flushes: le.Uint64(p[72:]),
		},
	}
	if le.Uint32(p[4:]) != crc32.Update(f.Seed(b.Segment), Castagnoli, p[8:BatchHeaderSize]) {
		return BatchHeader{}, ErrUnreadable
	}
	room := f.SlotSize - int64(page)*Unit
	if b.Page != page || b.Length < BatchHeaderSize || int64(b.Length) > room || b.Durable > page {
		return BatchHeader{}, ErrUnreadable
	}
	return b, nil
}

// Unit is the alignment of batches in bytes. A smaller unit would rewrite the page that holds the
// end of the previous, acknowledged batch, and a power cut could destroy it.
const Unit = flash.Page

// FirstUnit is where the first batch of a segment begins: after the header.
const FirstUnit = flash.Page / Unit

func UnitsOf(n int64) uint32 { return uint32((n + Unit - 1) / Unit) }

// Next returns where the batch after this one begins.
func (b *BatchHeader) Next() uint32 { return b.Page + UnitsOf(int64(b.Length)) }

// PagesOf returns how many pages n bytes take.
func PagesOf(n int64) uint32 { return uint32((n + flash.Page - 1) / flash.Page) }

// longestBatch bounds the bytes of a batch in practice: some mail, or one tombstone record of many
// thousand messages, and what is added to it. A longer batch can be written, but if it is damaged,
// the scan of its segment ends there.
const longestBatch = 1 << 20
