package format

import (
	"encoding/binary"
	"hash/crc32"
)

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
