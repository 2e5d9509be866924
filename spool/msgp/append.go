package msgp

import (
	"encoding/binary"
	"math"
)

// AppendArrayHeader begins an array of n values.
func AppendArrayHeader(b []byte, n uint32) []byte {
	switch {
	case n <= 15:
		return append(b, fixArray|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, array16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, array32), n)
}

// AppendString adds s, which has less than 4 GiB.
func AppendString(b []byte, s string) []byte {
	switch n := len(s); {
	case n <= 31:
		b = append(b, fixString|byte(n))
	case n <= math.MaxUint8:
		b = append(b, string8, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, string16), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, string32), uint32(n))
	}
	return append(b, s...)
}

// AppendUint16 adds a number.
func AppendUint16(b []byte, v uint16) []byte { return AppendUint64(b, uint64(v)) }

// AppendUint32 adds a number.
func AppendUint32(b []byte, v uint32) []byte { return AppendUint64(b, uint64(v)) }

// AppendUint64 adds a number.
func AppendUint64(b []byte, v uint64) []byte {
	switch {
	case v <= math.MaxInt8:
		return append(b, byte(v))
	case v <= math.MaxUint8:
		return append(b, uint8Lead, byte(v))
	case v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, uint16Lead), uint16(v))
	case v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, uint32Lead), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(b, uint64Lead), v)
}

// AppendInt64 adds a number that may be below zero.
func AppendInt64(b []byte, v int64) []byte {
	switch {
	case v >= -32 && v <= math.MaxInt8:
		return append(b, byte(v))
	case v == int64(int8(v)):
		return append(b, int8Lead, byte(v))
	case v == int64(int16(v)):
		return binary.BigEndian.AppendUint16(append(b, int16Lead), uint16(v))
	case v == int64(int32(v)):
		return binary.BigEndian.AppendUint32(append(b, int32Lead), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(b, int64Lead), uint64(v))
}
