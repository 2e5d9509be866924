package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// resum mends the checksum of a header that a test has changed.
func resum(page []byte) {
	binary.LittleEndian.PutUint32(page[8:], crc32.Checksum(page[12:headerSize], castagnoli))
}

// resumBatch does the same for a batch header.
func resumBatch(p []byte, f *format) {
	le := binary.LittleEndian
	le.PutUint32(p[4:], crc32.Update(f.seed(le.Uint64(p[8:])), castagnoli, p[8:batchHeaderSize]))
}
