package format

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"pillarbox/spool/flash"
)

// A Class is the kind of contents of a segment.
type Class uint8

const (
	ClassLog  Class = 1 // batches of records: every change of the spool
	ClassBulk Class = 2 // page-aligned extents of large bodies, named by records in the log
	ClassCold Class = 3 // as ClassLog, for mail that was moved or is expected to stay
)

// IsLog reports whether segments of the class hold batches.
func (c Class) IsLog() bool { return c == ClassLog || c == ClassCold }

// A Header is page 0 of a slot and identifies its segment. It is written with the first batch or
// extent of the segment and becomes durable with it.
type Header struct {
	Class   Class
	Segment uint64 // 1…: the segments of a spool are numbered in the order of creation
	Slot    uint32 // the number of the slot, to detect a file under a wrong name
	Epoch   uint32 // the open that began the segment
	Tag     uint64
	Version uint16 // of the format when the segment began; 0 stands for Version1

	// In a segment with batches: the previous segment of the same class, 0 for none, and the page
	// where its acknowledged batches end. Anything after that page was never acknowledged.
	Previous    uint64
	PreviousEnd uint32
}

const (
	headerMagic = "PLRBSEG\x00"
	HeaderSize  = 96 // bytes of page 0 that are in use; the rest is zero
)

// Encode fills page 0.
func (h *Header) Encode(page []byte, f *Format) {
	clear(page[:flash.Page])
	le := binary.LittleEndian
	copy(page, headerMagic)
	le.PutUint16(page[12:], max(h.Version, Version1))
	page[14] = byte(h.Class)
	copy(page[16:], f.ID[:])
	le.PutUint32(page[32:], f.Pages())
	le.PutUint32(page[36:], h.Slot)
	le.PutUint64(page[40:], h.Segment)
	le.PutUint64(page[48:], h.Tag)
	le.PutUint32(page[56:], h.Epoch)
	le.PutUint32(page[60:], h.PreviousEnd)
	le.PutUint64(page[64:], h.Previous)
	le.PutUint32(page[8:], crc32.Checksum(page[12:HeaderSize], Castagnoli))
}

// readableHeader reports whether page 0 is the header of any spool, in any version.
func readableHeader(page []byte) bool {
	return string(page[:8]) == headerMagic &&
		binary.LittleEndian.Uint32(page[8:]) == crc32.Checksum(page[12:HeaderSize], Castagnoli)
}

// DecodeHeader decodes page 0 of a slot. It returns ErrUnreadable if no segment began there or the
// header is damaged, and ErrVersion or ErrForeign if the slot must not be touched.
func DecodeHeader(page []byte, slot uint32, f *Format) (Header, error) {
	if !readableHeader(page) {
		return Header{}, ErrUnreadable
	}
	le := binary.LittleEndian
	version := le.Uint16(page[12:])
	if version < Version1 || version > Version2 {
		return Header{}, fmt.Errorf("%w %d in slot %d: this program reads versions %d and %d", ErrVersion, version, slot, Version1, Version2)
	}
	if string(page[16:32]) != string(f.ID[:]) || le.Uint32(page[32:]) != f.Pages() {
		return Header{}, fmt.Errorf("%w: slot %d belongs to another spool", ErrForeign, slot)
	}
	h := Header{
		Class:       Class(page[14]),
		Slot:        le.Uint32(page[36:]),
		Segment:     le.Uint64(page[40:]),
		Tag:         le.Uint64(page[48:]),
		Version:     version,
		Epoch:       le.Uint32(page[56:]),
		PreviousEnd: le.Uint32(page[60:]),
		Previous:    le.Uint64(page[64:]),
	}
	if h.Slot != slot {
		return Header{}, fmt.Errorf("%w: the file of slot %d holds slot %d", ErrForeign, slot, h.Slot)
	}
	if h.Class < ClassLog || h.Class > ClassCold || h.Segment == 0 || int64(h.PreviousEnd)*Unit > f.SlotSize {
		return Header{}, ErrUnreadable
	}
	return h, nil
}

// FormatOfHeader returns the format of the spool that a slot belongs to, for when FORMAT is lost.
func FormatOfHeader(page []byte) (*Format, error) {
	if !readableHeader(page) {
		return nil, ErrUnreadable
	}
	le := binary.LittleEndian
	version := int(le.Uint16(page[12:]))
	if version < Version1 || version > Version2 {
		return nil, fmt.Errorf("%w %d: this program reads versions %d and %d", ErrVersion, version, Version1, Version2)
	}
	f := &Format{SlotSize: int64(le.Uint32(page[32:])) * flash.Page, Version: version}
	copy(f.ID[:], page[16:32])
	if !ValidSlotSize(f.SlotSize) {
		return nil, ErrUnreadable
	}
	return f, nil
}
