package format

// following is what UpdateSum looks bytes up in.
var following = makeTables()

// UpdateSum continues a checksum over p. 32-bit ARM has no instruction for that, and hash/crc32
// puts words together from their bytes there, which takes more than one and a half times as long.
func UpdateSum(sum uint32, p []byte) uint32 { return following.update(sum, p) }
