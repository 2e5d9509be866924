package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// resum mends the checksum of a header that a test has changed.
func resum(page []byte) {
	binary.LittleEndian.PutUint32(page[8:], crc32.Checksum(page[12:headerSize], castagnoli))
}
