package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"pillarbox/spool/flash"
)

// A class says what a segment holds.
type class uint8

const (
	classLog  class = 1 // batches of records: every fact of the spool
	classBulk class = 2 // page-aligned extents of large bodies, named by records in the log
	classCold class = 3 // the same, of mail that was moved or will stay: it keeps company with its like
)

// isLog says whether a segment holds batches.
func (c class) isLog() bool { return c == classLog || c == classCold }

// A header is page 0 of a slot: which segment lives here. It is written with the first batch or extent of
// the segment and becomes durable with it.
type header struct {
	class   class
	segment uint64 // 1…: counts every segment of the spool, the generation of the slot
	slot    uint32 // where it should lie, to notice a file under a wrong name
	epoch   uint32 // the open that began the segment
	tag     uint64

	// Of a segment with batches: the one of the same class before it (0: none) and the page where its
	// acknowledged batches end. What follows there was never acknowledged.
	previous    uint64
	previousEnd uint32
}

const (
	headerMagic = "PLRBSEG\x00"
	headerSize  = 96 // bytes of page 0 that are in use; the rest is zero
)

// encode fills page 0.
func (h *header) encode(page []byte, f *format) {
	clear(page[:flash.Page])
	le := binary.LittleEndian
	copy(page, headerMagic)
	le.PutUint16(page[12:], version)
	page[14] = byte(h.class)
	copy(page[16:], f.id[:])
	le.PutUint32(page[32:], f.pages())
	le.PutUint32(page[36:], h.slot)
	le.PutUint64(page[40:], h.segment)
	le.PutUint64(page[48:], h.tag)
	le.PutUint32(page[56:], h.epoch)
	le.PutUint32(page[60:], h.previousEnd)
	le.PutUint64(page[64:], h.previous)
	le.PutUint32(page[8:], crc32.Checksum(page[12:headerSize], castagnoli))
}

// readable says whether page 0 is a header of any spool, in any version.
func readableHeader(page []byte) bool {
	return string(page[:8]) == headerMagic &&
		binary.LittleEndian.Uint32(page[8:]) == crc32.Checksum(page[12:headerSize], castagnoli)
}

// decodeHeader reads page 0 of the given slot. errUnreadable: there is none, so no segment began
// here or its header is damaged. ErrVersion and ErrForeign: hands off.
func decodeHeader(page []byte, slot uint32, f *format) (header, error) {
	if !readableHeader(page) {
		return header{}, errUnreadable
	}
	le := binary.LittleEndian
	if v := le.Uint16(page[12:]); v != version {
		return header{}, fmt.Errorf("%w %d in slot %d: this program reads version %d", ErrVersion, v, slot, version)
	}
	if string(page[16:32]) != string(f.id[:]) || le.Uint32(page[32:]) != f.pages() {
		return header{}, fmt.Errorf("%w: slot %d is of another spool", ErrForeign, slot)
	}
	h := header{
		class:       class(page[14]),
		slot:        le.Uint32(page[36:]),
		segment:     le.Uint64(page[40:]),
		tag:         le.Uint64(page[48:]),
		epoch:       le.Uint32(page[56:]),
		previousEnd: le.Uint32(page[60:]),
		previous:    le.Uint64(page[64:]),
	}
	if h.slot != slot {
		return header{}, fmt.Errorf("%w: the file of slot %d holds slot %d", ErrForeign, slot, h.slot)
	}
	if h.class < classLog || h.class > classCold || h.segment == 0 || int64(h.previousEnd)*unit > f.slotSize {
		return header{}, errUnreadable
	}
	return h, nil
}

// formatOfHeader finds out which spool a slot belongs to when FORMAT is lost.
func formatOfHeader(page []byte) (*format, error) {
	if !readableHeader(page) {
		return nil, errUnreadable
	}
	le := binary.LittleEndian
	if v := le.Uint16(page[12:]); v != version {
		return nil, fmt.Errorf("%w %d: this program reads version %d", ErrVersion, v, version)
	}
	f := &format{slotSize: int64(le.Uint32(page[32:])) * flash.Page}
	copy(f.id[:], page[16:32])
	if !validSlotSize(f.slotSize) {
		return nil, errUnreadable
	}
	return f, nil
}
