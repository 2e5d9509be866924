package index

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"pillarbox/spool/format"
)

// A uidCode encodes unique-ids, each as its difference from the one before:
//
//	how much the number of the message is greater, as a uvarint
//	how many leading characters it shares with the one before, plus 128 if its length differs
//	its length, if it differs
//	how many characters differ, and how they are written: see ways
//	those characters; the one before ends with the rest
type uidCode struct {
	text   [format.MaxUID]byte
	length uint8
}

// The ways to write the characters that differ.
var ways = [...]uidWay{
	{0, format.MaxUID, ""},
	{71, format.MaxUID, "0123456789abcdef"}, // counters, sums
	{142, 42, "0123456789.MPVI_"},           // what differs between names in a Maildir
	{185, format.MaxUID, "0123456789abcdefghijklmnopqrstuvwxyz.,=_-:ABCDEFGHIKLMNOPQRSTUVW"},
}

// mostUIDBytes bounds a difference.
const mostUIDBytes = binary.MaxVarintLen32 + 3 + format.MaxUID

// otherLength says that a length follows.
const otherLength = 128

// uid returns the unique-id that was read or appended last.
func (c *uidCode) uid() []byte { return c.text[:c.length] }

// append appends the difference to a unique-id.
func (c *uidCode) append(b []byte, seqs uint32, uid []byte) []byte {
	uid = uid[:min(len(uid), format.MaxUID)]
	old := c.uid()
	front, back := common(old, uid)
	b = binary.AppendUvarint(b, uint64(seqs))
	if len(uid) == len(old) {
		b = append(b, byte(front))
	} else {
		b = append(b, byte(front)|otherLength, byte(len(uid)))
	}
	b = appendDiffering(b, uid[front:len(uid)-back])
	c.length = uint8(copy(c.text[:], uid))
	return b
}

// common returns how many characters a and b begin with, and then how many they end with, that are
// the same.
func common(a, b []byte) (front, back int) {
	short := min(len(a), len(b))
	for front < short && a[front] == b[front] {
		front++
	}
	for back < short-front && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	return front, back
}

// appendDiffering appends characters in the shortest way.
func appendDiffering(b, s []byte) []byte {
	for w := 1; w < len(ways); w++ {
		way := &ways[w]
		if len(s) > way.most || !way.has(s) {
			continue
		}
		b = append(b, byte(way.from+len(s)))
		left, n, width := uint(0), 0, way.width() // bits that are not written yet
		for _, c := range s {
			left |= uint(strings.IndexByte(way.alphabet, c)) << n
			if n += width; n >= 8 {
				b = append(b, byte(left))
				left >>= 8
				n -= 8
			}
		}
		if n > 0 {
			b = append(b, byte(left))
		}
		return b
	}
	return append(append(b, byte(len(s))), s...)
}

// read reads a difference, and returns how many bytes it takes.
func (c *uidCode) read(b []byte) (seqs uint32, n int) {
	s, at := binary.Uvarint(b)
	front, length := int(b[at]), int(c.length)
	at++
	if front >= otherLength {
		front, length = front-otherLength, int(b[at])
		at++
	}
	w := len(ways) - 1
	for int(b[at]) < ways[w].from {
		w--
	}
	way := &ways[w]
	differing := int(b[at]) - way.from
	at++
	// The end of the one before moves before what lies there is written over.
	copy(c.text[front+differing:length], c.text[int(c.length)-(length-front-differing):c.length])
	c.length = uint8(length)
	to := c.text[front : front+differing]
	if way.alphabet == "" {
		return uint32(s), at + copy(to, b[at:])
	}
	left, n, width := uint(0), 0, way.width()
	for i := range to {
		if n < width {
			left |= uint(b[at]) << n
			n += 8
			at++
		}
		to[i] = way.alphabet[left&(1<<width-1)]
		left >>= width
		n -= width
	}
	return uint32(s), at
}

// A uidWay is a way to write characters.
type uidWay struct {
	from     int    // this plus the number of characters is what is written before them
	most     int    // characters
	alphabet string // 16 characters take 4 bits each, 64 take 6; if it is empty, any take 8
}

// width returns how many bits a character takes.
func (w *uidWay) width() int { return bits.Len(uint(len(w.alphabet) - 1)) }

// has reports whether all characters are of the alphabet.
func (w *uidWay) has(s []byte) bool {
	for _, c := range s {
		if strings.IndexByte(w.alphabet, c) < 0 {
			return false
		}
	}
	return true
}
