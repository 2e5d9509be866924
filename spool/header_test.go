package spool

import (
	"encoding/binary"
	"hash/crc32"

	"pillarbox/spool/format"
)

// resum mends the checksum of a header that a test has changed.
func resum(page []byte) {
	binary.LittleEndian.PutUint32(page[8:], crc32.Checksum(page[12:format.HeaderSize], format.Castagnoli))
}

// resumBatch does the same for a batch header.
func resumBatch(p []byte, f *format.Format) {
	le := binary.LittleEndian
	le.PutUint32(p[4:], crc32.Update(f.Seed(le.Uint64(p[8:])), format.Castagnoli, p[8:format.BatchHeaderSize]))
}
