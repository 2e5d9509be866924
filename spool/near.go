package spool

import (
	"pillarbox/spool/flash"
)

// nearSize is how large a record may be to be read whole when its message is found, in one read. The buffer is held until the
// message is closed.
const nearSize = 16 << 10

// A near is the beginning of the record of a message, in memory.
type near struct {
	buffer *[nearSize]byte // of the spool's pool; nil: nothing is held
	file   flash.File
	offset int64  // of the record
	read   []byte // from there
}

// ready takes a buffer for a message that is small.
func (n *near) ready(s *Spool, r row) {
	if int64(r.octets)+firstRead > nearSize {
		return
	}
	n.buffer, _ = s.near.Get().(*[nearSize]byte)
	if n.buffer == nil {
		n.buffer = new([nearSize]byte)
	}
	n.read = n.buffer[:int64(r.octets)+firstRead]
}

// room is where the record is to be read to.
func (n *near) room() []byte {
	if n.buffer == nil {
		return make([]byte, firstRead)
	}
	return n.read
}

// holds notes what was read. Of a large message nothing is kept.
func (n *near) holds(file flash.File, offset int64, read []byte) {
	if n.buffer != nil {
		n.file, n.offset, n.read = file, offset, read
	}
}

// readAt reads from memory what is there whole, else from the file.
func (n *near) readAt(file flash.File, p []byte, off int64) (int, error) {
	if at := off - n.offset; n.file == file && n.file != nil && at >= 0 && at+int64(len(p)) <= int64(len(n.read)) {
		return copy(p, n.read[at:]), nil
	}
	return file.ReadAt(p, off)
}

func (n *near) giveBack(s *Spool) {
	if n.buffer != nil {
		s.near.Put(n.buffer)
		*n = near{}
	}
}
