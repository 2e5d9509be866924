package msgp

import "math"

// The first octets. The fix ones hold a length, too, in their lower bits.
const (
	fixArray  = 0x90
	fixString = 0xa0

	uint8Lead  = 0xcc
	uint16Lead = 0xcd
	uint32Lead = 0xce
	uint64Lead = 0xcf
	int8Lead   = 0xd0
	int16Lead  = 0xd1
	int32Lead  = 0xd2
	int64Lead  = 0xd3
	string8    = 0xd9
	string16   = 0xda
	string32   = 0xdb
	array16    = 0xdc
	array32    = 0xdd

	fixNegative = 0xe0 // and above: -32…-1
)

// ReadArrayHeader returns how many values follow in rest, as the header says: it may say more than there are octets.
func ReadArrayHeader(b []byte) (n uint32, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	lead, rest := b[0], b[1:]
	if lead&^0xf == fixArray {
		return uint32(lead & 0xf), rest, true
	}
	var size uint64
	switch lead {
	case array16:
		size, rest, ok = bigEndian(rest, 2)
	case array32:
		size, rest, ok = bigEndian(rest, 4)
	}
	return uint32(size), rest, ok
}

// ReadString returns a text where it lies in b.
func ReadString(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	lead, rest := b[0], b[1:]
	size := uint64(lead & 0x1f)
	switch {
	case lead&^0x1f == fixString:
		ok = true
	case lead == string8:
		size, rest, ok = bigEndian(rest, 1)
	case lead == string16:
		size, rest, ok = bigEndian(rest, 2)
	case lead == string32:
		size, rest, ok = bigEndian(rest, 4)
	}
	if !ok || size > uint64(len(rest)) {
		return nil, nil, false
	}
	return rest[:size], rest[size:], true
}

// ReadUint64 returns a number, which is not below zero.
func ReadUint64(b []byte) (v uint64, rest []byte, ok bool) {
	v, below, rest, ok := readInteger(b)
	return v, rest, ok && !below
}

// ReadInt64 returns a number, which is below 1<<63.
func ReadInt64(b []byte) (v int64, rest []byte, ok bool) {
	bits, below, rest, ok := readInteger(b)
	return int64(bits), rest, ok && (below || bits <= math.MaxInt64)
}

// readInteger returns the 64 bits of an integer, and whether it is below zero.
func readInteger(b []byte) (bits uint64, below bool, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, false, nil, false
	}
	lead, rest := b[0], b[1:]
	switch {
	case lead <= math.MaxInt8:
		return uint64(lead), false, rest, true
	case lead >= fixNegative:
		return uint64(int8(lead)), true, rest, true
	case lead >= uint8Lead && lead <= uint64Lead:
		bits, rest, ok = bigEndian(rest, 1<<(lead-uint8Lead))
		return bits, false, rest, ok
	case lead >= int8Lead && lead <= int64Lead:
		octets := 1 << (lead - int8Lead)
		bits, rest, ok = bigEndian(rest, octets)
		above := 64 - 8*octets
		signed := int64(bits<<above) >> above
		return uint64(signed), signed < 0, rest, ok
	}
	return 0, false, nil, false
}

// bigEndian takes an unsigned number of some octets, at most 8, off b.
func bigEndian(b []byte, octets int) (v uint64, rest []byte, ok bool) {
	if len(b) < octets {
		return 0, nil, false
	}
	for _, octet := range b[:octets] {
		v = v<<8 | uint64(octet)
	}
	return v, b[octets:], true
}
