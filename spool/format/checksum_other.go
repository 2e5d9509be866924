//go:build !arm

package format

import "hash/crc32"

// UpdateSum continues a checksum over p.
func UpdateSum(sum uint32, p []byte) uint32 { return crc32.Update(sum, Castagnoli, p) }
