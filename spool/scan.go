package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"pillarbox/spool/flash"
)

// A window reads parts of a slot past the page cache, which after a failed flush shows what the device does not hold. Bytes that a growing
// file does not have yet read as zero.
type window struct {
	file  flash.File
	limit int64  // bytes of a slot
	buf   []byte // page-aligned
	at    int64  // offset of buf[0] in the slot; a multiple of the page
	n     int    // bytes in buf
}

// windowSize is how much of a slot is read at a time; a start leaves that much garbage behind.
const windowSize = 64 << 10

// newWindow reads through a buffer of an earlier window, or a new one for nil.
func newWindow(file flash.File, limit int64, buf []byte) *window {
	if buf == nil {
		buf = flash.Aligned(int(min(windowSize, limit)))
	}
	return &window{file: file, limit: limit, buf: buf}
}

// bytes returns n bytes at off. They are valid until the next call.
func (w *window) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off+n > w.limit {
		return nil, errUnreadable
	}
	if n > int64(len(w.buf))-flash.Page {
		w.buf = flash.Aligned(int(n+2*flash.Page-1) &^ (flash.Page - 1))
		w.n = 0
	}
	if off < w.at || off+n > w.at+int64(w.n) {
		if err := w.fill(off &^ (flash.Page - 1)); err != nil {
			return nil, err
		}
	}
	return w.buf[off-w.at:][:n], nil
}

func (w *window) fill(at int64) error {
	want := min(int64(len(w.buf)), w.limit-at)
	n, err := w.file.ReadUncached(w.buf[:want], at)
	if err != nil && !errors.Is(err, io.EOF) {
		w.n = 0
		return err
	}
	clear(w.buf[n:want])
	w.at, w.n = at, int(want)
	return nil
}

// sum continues a checksum over n bytes at off, in pieces.
func (w *window) sum(sum uint32, off, n int64) (uint32, error) {
	for n > 0 {
		piece := min(n, int64(len(w.buf))-flash.Page)
		p, err := w.bytes(off, piece)
		if err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, castagnoli, p)
		off += piece
		n -= piece
	}
	return sum, nil
}

// A scan reads a log segment record by record: the one that was active, and those whose footer does not read.
type scan struct {
	*window
	format  *format
	segment uint64
	seed    uint32
	known   uint32 // the page where the segment ended, when a later one says so; else 0
	visit   visitor

	end      uint32 // page after the last batch that counts
	epoch    uint32 // of the last batch
	tag      uint64
	lifetime Lifetime
	damaged  int  // records that do not verify, or places where some must have been
	cold     bool // there are messages that were moved, or no census at the beginning
	torn     bool // a batch begins at end, but not all of it is there
}

// run reads all batches. An error is one of the device; bytes that do not verify are none.
func (c *scan) run() error {
	c.end = firstUnit
	for page := c.end; page < c.last(); {
		b, ok, err := c.batch(page)
		if err != nil {
			return err
		}
		if ok {
			page = b.next()
			c.end = page
			continue
		}
		next, err := c.resume(page)
		if err != nil {
			return err
		}
		if next == 0 {
			c.torn, err = c.begun(page)
			return err
		}
		if err := c.salvage(page, next); err != nil {
			return err
		}
		page = next
		c.end = page
	}
	return nil
}

// last is the page before which every batch that counts begins.
func (c *scan) last() uint32 {
	if c.known > 0 {
		return c.known
	}
	return uint32(c.format.slotSize / unit)
}

// head reads the batch header at a page.
func (c *scan) head(page uint32) (batchHeader, bool, error) {
	p, err := c.bytes(int64(page)*unit, batchHeaderSize)
	if errors.Is(err, errUnreadable) {
		return batchHeader{}, false, nil
	}
	if err != nil {
		return batchHeader{}, false, err
	}
	b, err := decodeBatch(p, page, c.format)
	return b, err == nil && b.segment == c.segment, nil
}

// batch reads the batch at a page and tells the visitor of it, if all of it verifies and it follows those before.
func (c *scan) batch(page uint32) (batchHeader, bool, error) {
	b, ok, err := c.head(page)
	if !ok || err != nil {
		return b, false, err
	}
	if b.epoch < c.epoch || b.epoch == c.epoch && b.tag != c.tag {
		return b, false, nil // left by an open that had not seen the batches before
	}
	var told []func()
	moved, census := false, false
	off, end := int64(page)*unit+batchHeaderSize, int64(page)*unit+int64(b.length)
	for range b.records {
		off = align8(off)
		n, k, tell, err := c.record(off, end, b.tag)
		if errors.Is(err, errUnreadable) {
			return b, false, nil
		}
		moved = moved || k == kindMoved
		census = census || k == kindCensus
		if err != nil {
			return b, false, err
		}
		told = append(told, tell)
		off += n
	}
	for _, tell := range told {
		tell()
	}
	c.cold = c.cold || moved || page == firstUnit && !census
	c.epoch, c.tag, c.lifetime = b.epoch, b.tag, b.lifetime
	return b, true, nil
}

// record verifies the record at off and returns its length, its kind, and how to tell the visitor of it.
func (c *scan) record(off, end int64, tag uint64) (n int64, k kind, tell func(), err error) {
	p, err := c.bytes(off, min(frameSize, max(0, end-off)))
	if err != nil {
		return 0, 0, nil, err
	}
	f, err := decodeFrame(p, end-off)
	if err != nil || f.kind == kindFooter || tag != 0 && f.tag != tag {
		return 0, 0, nil, errUnreadable
	}
	head, err := c.bytes(off, frameSize+int64(f.meta))
	if err != nil {
		return 0, 0, nil, err
	}
	if !verifyHead(head, c.seed) {
		return 0, 0, nil, errUnreadable
	}
	tell, err = c.content(f, head[frameSize:], off)
	return int64(f.length), f.kind, tell, err
}

// content decodes the meta of a verified head and checks the body.
func (c *scan) content(f frame, meta []byte, off int64) (tell func(), err error) {
	switch f.kind {
	case kindMessage, kindMoved:
		m, err := decodeMessage(meta)
		if err != nil {
			return nil, err
		}
		body := int64(f.length) - frameSize - int64(f.meta)
		sum, err := c.sum(c.seed, off+frameSize+int64(f.meta), body)
		if err != nil {
			return nil, err
		}
		if sum != m.sum || m.heads() > body {
			return nil, errUnreadable
		}
		return func() { c.visit.message(m.summary(off)) }, nil
	case kindTombs:
		graves, err := decodeTombs(meta)
		return func() {
			for _, g := range graves {
				c.visit.grave(g)
			}
		}, err
	case kindCensus:
		census, err := decodeCensus(meta)
		return func() { c.visit.census(census) }, err
	case kindLabels:
		list, err := decodeLabels(meta)
		return func() {
			for _, l := range list {
				c.visit.labelled(l)
			}
		}, err
	case kindRetire:
		list, err := decodeRetired(meta)
		return func() {
			for _, r := range list {
				c.visit.retired(r)
			}
		}, err
	}
	return nil, errUnreadable
}

// begun says whether the page that does not read looks like the beginning of a batch of this segment: what a power cut
// left of one that was never acknowledged, or the newest batch, damaged since. Nothing tells these two apart.
func (c *scan) begun(page uint32) (bool, error) {
	p, err := c.bytes(int64(page)*unit, batchHeaderSize)
	if err != nil {
		return false, err
	}
	le := binary.LittleEndian
	return le.Uint64(p[8:]) == c.segment || le.Uint32(p) == batchMagic && le.Uint32(p[28:]) == page, nil
}

// discard is told and forgets.
type discard struct{}

func (discard) message(summary)   {}
func (discard) grave(grave)       {}
func (discard) retired(retired)   {}
func (discard) census(census)     {}
func (discard) labelled(labelled) {}

// resume looks for evidence that the page that does not read was durable once, and returns the page to go on from: a batch
// that was written when it was, or the known end. 0: there is none, the page is a torn tail. The batch after one that does not read begins
// where that one ended, so no more is searched than a batch can be long.
func (c *scan) resume(page uint32) (next uint32, err error) {
	last := min(c.last(), page+unitsOf(longestBatch))
	for p := page + 1; p < last; p++ {
		b, ok, err := c.head(p)
		if err != nil {
			return 0, err
		}
		if ok && b.durable > page && b.epoch >= c.epoch {
			return p, nil
		}
	}
	return c.known, nil
}

// salvage tells the visitor of every record that verifies between two pages, where a batch is damaged: damage costs the
// records that it hit.
func (c *scan) salvage(from, to uint32) error {
	c.damaged++
	end := int64(to) * unit
	for off := int64(from) * unit; off+frameSize <= end; {
		n, _, tell, err := c.record(off, end, 0)
		switch {
		case err == nil:
			tell()
			off = align8(off + n)
		case errors.Is(err, errUnreadable):
			off += 8
		default:
			return err
		}
	}
	return nil
}

// footer reads the footer of a sealed segment and tells v what is in it. errUnreadable: there is none.
func readFooter(file flash.File, f *format, segment uint64, v visitor) (seal sealing, err error) {
	seed := f.seed(segment)
	last := make([]byte, flash.Page)
	n, err := file.ReadAt(last, f.slotSize-flash.Page)
	if n < len(last) {
		if err == nil || errors.Is(err, io.EOF) {
			err = errUnreadable
		}
		return seal, err
	}
	length, err := decodeTrailer(last[flash.Page-trailerSize:], segment, seed)
	if err != nil {
		return seal, err
	}
	if length < frameSize || length > f.slotSize-2*flash.Page {
		return seal, errUnreadable
	}
	var record []byte
	if length <= flash.Page-trailerSize {
		record = last[flash.Page-trailerSize-length:][:length]
	} else {
		record = make([]byte, length)
		rest := record[:length-(flash.Page-trailerSize)]
		copy(record[len(rest):], last)
		if _, err := file.ReadAt(rest, f.slotSize-trailerSize-length); err != nil {
			return seal, err
		}
	}
	fr, err := decodeFrame(record, length)
	if err != nil || fr.kind != kindFooter || int64(fr.length) != length || !verifyHead(record, seed) {
		return seal, errUnreadable
	}
	meta := record[frameSize:]
	if _, err := decodeFooter(meta, nil); err != nil {
		return seal, err
	}
	return decodeFooter(meta, v)
}
