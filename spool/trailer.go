package spool

import (
	"encoding/binary"
	"hash/crc32"

	"pillarbox/spool/flash"
)

// The trailer is the last 32 bytes of a sealed slot: where its footer begins. The footer ends where the trailer begins, so
// that one read of the last page usually brings both.
const (
	trailerMagic = "PLRBEND\x00"
	trailerSize  = 32
)

// seal returns the last pages of a sealed slot: padding, the footer's record, the trailer. Its length is a
// multiple of the page.
func (f *footer) seal(segment, tag uint64, seed uint32) []byte {
	record := appendHead(nil, kindFooter, tag, seed, f.encode(), 0)
	pages := flash.Aligned(int(pagesOf(int64(len(record)+trailerSize))) * flash.Page)
	begin := len(pages) - trailerSize - len(record)
	copy(pages[begin:], record)
	t := pages[len(pages)-trailerSize:]
	le := binary.LittleEndian
	copy(t, trailerMagic)
	le.PutUint32(t[12:], uint32(len(record)))
	le.PutUint64(t[16:], segment)
	le.PutUint32(t[8:], crc32.Update(seed, castagnoli, t[12:]))
	return pages
}

// decodeTrailer returns how long the footer's record before it is.
func decodeTrailer(t []byte, segment uint64, seed uint32) (length int64, err error) {
	le := binary.LittleEndian
	if string(t[:8]) != trailerMagic || le.Uint64(t[16:]) != segment ||
		le.Uint32(t[8:]) != crc32.Update(seed, castagnoli, t[12:trailerSize]) {
		return 0, errUnreadable
	}
	return int64(le.Uint32(t[12:])), nil
}
