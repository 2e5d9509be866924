package mdns

import "encoding/binary"

// Numbers of the wire.
const (
	headerSize = 12
	mostName   = 255
	mostHops   = 16

	typeA    = 1
	typePTR  = 12
	typeTXT  = 16
	typeAAAA = 28
	typeSRV  = 33
	typeNSEC = 47
	typeAny  = 255

	classIN   = 1
	classAny  = 255
	topBit    = 0x8000 // of a class: unicast wanted in a question, cache flush in a record
	flagQR    = 0x8000
	flagTC    = 0x0200
	opMask    = 0x7800
	answerBit = 0x8400 // QR and AA
)

// A header is the beginning of a message.
type header struct {
	id, flags                                 uint16
	questions, answers, authority, additional int
}

// parseHeader returns the header of a message; ok is false if it is too short.
func parseHeader(msg []byte) (h header, ok bool) {
	if len(msg) < headerSize {
		return h, false
	}
	at := func(i int) uint16 { return binary.BigEndian.Uint16(msg[2*i:]) }
	return header{at(0), at(1), int(at(2)), int(at(3)), int(at(4)), int(at(5))}, true
}

// skipName returns where what follows a name begins; -1 if there is no valid one.
func skipName(msg []byte, off int) int {
	for off < len(msg) {
		switch n := int(msg[off]); {
		case n == 0:
			return off + 1
		case n&0xC0 == 0xC0:
			if off+2 > len(msg) {
				return -1
			}
			return off + 2
		case n > 63:
			return -1
		default:
			off += n + 1
		}
	}
	return -1
}

// equalName reports whether the name at off is want, which is in wire form, uncompressed and in
// lower case.
func equalName(msg []byte, off int, want []byte) bool {
	hops, at := 0, 0
	for off < len(msg) {
		n := int(msg[off])
		if n&0xC0 == 0xC0 {
			if off+1 >= len(msg) {
				return false
			}
			to := (n&0x3F)<<8 | int(msg[off+1])
			if hops++; to >= off || hops > mostHops {
				return false
			}
			off = to
			continue
		}
		if n > 63 || off+1+n > len(msg) || at+1+n > len(want) || int(want[at]) != n {
			return false
		}
		if n == 0 {
			return at+1 == len(want)
		}
		for i := 1; i <= n; i++ {
			if lower(msg[off+i]) != want[at+i] {
				return false
			}
		}
		off, at = off+1+n, at+1+n
	}
	return false
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// A question is one of a message.
type question struct {
	name    int // where the name begins
	kind    uint16
	class   uint16 // without the top bit
	unicast bool
}

// parseQuestion returns the question at off and where the next begins; -1 if there is none.
func parseQuestion(msg []byte, off int) (q question, next int) {
	end := skipName(msg, off)
	if end < 0 || end+4 > len(msg) {
		return q, -1
	}
	class := binary.BigEndian.Uint16(msg[end+2:])
	return question{off, binary.BigEndian.Uint16(msg[end:]), class &^ topBit, class&topBit != 0}, end + 4
}

// A resource is a record of a message.
type resource struct {
	name  int
	kind  uint16
	class uint16 // without the top bit
	ttl   uint32
	data  int // where the data begin
	end   int
}

// parseResource returns the record at off; the next one begins at its end. ok is false if there is
// none.
func parseResource(msg []byte, off int) (r resource, ok bool) {
	at := skipName(msg, off)
	if at < 0 || at+10 > len(msg) {
		return r, false
	}
	r = resource{
		name: off, kind: binary.BigEndian.Uint16(msg[at:]), class: binary.BigEndian.Uint16(msg[at+2:]) &^ topBit,
		ttl: binary.BigEndian.Uint32(msg[at+4:]), data: at + 10,
	}
	r.end = r.data + int(binary.BigEndian.Uint16(msg[at+8:]))
	return r, r.end <= len(msg)
}

// appendName appends labels as a name.
func appendName(b []byte, labels ...string) []byte {
	for _, label := range labels {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}
