package reader

import "pillarbox/spool/flash"

// prefetchSize is how large a record may be to be read whole when its message is found, in one
// read. The buffer is held until the message is closed.
const prefetchSize = 16 << 10

// A prefetched is the beginning of the record of a message, in memory.
type prefetched struct {
	buffer *[prefetchSize]byte // of the reader's pool; nil if nothing is held
	file   flash.File
	offset int64  // of the record
	read   []byte // from there
	spare  []byte // to read the head of the record to if there is no buffer; nil for new memory
}

// ready takes a buffer for a message that is small.
func (n *prefetched) ready(r *Reader, octets uint32) {
	if int64(octets)+headSize > prefetchSize {
		return
	}
	n.buffer, _ = r.buffers.Get().(*[prefetchSize]byte)
	if n.buffer == nil {
		n.buffer = new([prefetchSize]byte)
	}
	n.read = n.buffer[:int64(octets)+headSize]
}

// room is where the record is to be read to; nil for new memory.
func (n *prefetched) room() []byte {
	if n.buffer == nil {
		return n.spare
	}
	return n.read
}

// holds notes what was read. Of a large message nothing is kept.
func (n *prefetched) holds(file flash.File, offset int64, read []byte) {
	if n.buffer != nil {
		n.file, n.offset, n.read = file, offset, read
	}
}

// readAt reads from memory what is there whole, else from the file.
func (n *prefetched) readAt(file flash.File, p []byte, off int64) (int, error) {
	if at := off - n.offset; n.file == file && n.file != nil && at >= 0 && at+int64(len(p)) <= int64(len(n.read)) {
		return copy(p, n.read[at:]), nil
	}
	return file.ReadAt(p, off)
}

func (n *prefetched) giveBack(r *Reader) {
	if n.buffer != nil {
		r.buffers.Put(n.buffer)
		*n = prefetched{}
	}
}
