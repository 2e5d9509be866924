package format

import (
	"encoding/binary"
	"errors"
)

// A Scan reads a log segment record by record: the segment that was active, and those whose footer
// is unreadable.
type Scan struct {
	*Window
	Format  *Format
	Segment uint64
	Seed    uint32
	Known   uint32 // the page where the segment ended, if a later segment states it, else 0
	Visit   Visitor

	End      uint32 // page after the last batch that counts
	Epoch    uint32 // of the last batch
	Tag      uint64
	Lifetime Lifetime
	Damaged  int  // records that do not verify, or places where some must have been
	Cold     bool // there are moved messages, or no manifest at the beginning
	Torn     bool // a batch begins at End, but is incomplete
}

// Run reads all batches. It returns errors of the device only; bytes that do not verify are counted
// in Damaged.
func (c *Scan) Run() error {
	c.End = FirstUnit
	for page := c.End; page < c.last(); {
		b, ok, err := c.Batch(page)
		if err != nil {
			return err
		}
		if ok {
			page = b.Next()
			c.End = page
			continue
		}
		next, err := c.resume(page)
		if err != nil {
			return err
		}
		if next == 0 {
			c.Torn, err = c.begun(page)
			return err
		}
		if err := c.salvage(page, next); err != nil {
			return err
		}
		page = next
		c.End = page
	}
	return nil
}

// last returns the page before which every batch that counts begins.
func (c *Scan) last() uint32 {
	if c.Known > 0 {
		return c.Known
	}
	return uint32(c.Format.SlotSize / Unit)
}

// head reads the batch header at a page.
func (c *Scan) head(page uint32) (BatchHeader, bool, error) {
	p, err := c.Bytes(int64(page)*Unit, BatchHeaderSize)
	if errors.Is(err, ErrUnreadable) {
		return BatchHeader{}, false, nil
	}
	if err != nil {
		return BatchHeader{}, false, err
	}
	b, err := DecodeBatch(p, page, c.Format)
	return b, err == nil && b.Segment == c.Segment, nil
}

// Batch reads the batch at a page. If all of it verifies and it follows the batches before it,
// Batch calls the visitor with its contents.
func (c *Scan) Batch(page uint32) (BatchHeader, bool, error) {
	b, ok, err := c.head(page)
	if !ok || err != nil {
		return b, false, err
	}
	if b.Epoch < c.Epoch || b.Epoch == c.Epoch && b.Tag != c.Tag {
		return b, false, nil // left by an open that had not seen the previous batches
	}
	var visits []func()
	moved, manifest := false, false
	off, end := int64(page)*Unit+BatchHeaderSize, int64(page)*Unit+int64(b.Length)
	for range b.Records {
		off = Align8(off)
		n, k, visit, err := c.record(off, end, b.Tag)
		if errors.Is(err, ErrUnreadable) {
			return b, false, nil
		}
		moved = moved || k == KindMoved
		manifest = manifest || k == KindManifest
		if err != nil {
			return b, false, err
		}
		visits = append(visits, visit)
		off += n
	}
	for _, visit := range visits {
		visit()
	}
	c.Cold = c.Cold || moved || page == FirstUnit && !manifest
	c.Epoch, c.Tag, c.Lifetime = b.Epoch, b.Tag, b.Lifetime
	return b, true, nil
}

// record verifies the record at off. It returns its length, its kind, and a function that calls the
// visitor with its contents.
func (c *Scan) record(off, end int64, tag uint64) (n int64, k Kind, visit func(), err error) {
	p, err := c.Bytes(off, min(FrameSize, max(0, end-off)))
	if err != nil {
		return 0, 0, nil, err
	}
	f, err := DecodeFrame(p, end-off)
	if err != nil || f.Kind == kindFooter || tag != 0 && f.tag != tag {
		return 0, 0, nil, ErrUnreadable
	}
	head, err := c.Bytes(off, FrameSize+int64(f.Meta))
	if err != nil {
		return 0, 0, nil, err
	}
	if !VerifyHead(head, c.Seed) {
		return 0, 0, nil, ErrUnreadable
	}
	visit, err = c.content(f, head[FrameSize:], off)
	return int64(f.Length), f.Kind, visit, err
}

// content decodes the meta of a verified head and verifies the body.
func (c *Scan) content(f Frame, meta []byte, off int64) (visit func(), err error) {
	switch f.Kind {
	case KindMessage, KindMoved:
		m, err := DecodeMessage(meta)
		if err != nil {
			return nil, err
		}
		body := int64(f.Length) - FrameSize - int64(f.Meta)
		sum, err := c.Sum(c.Seed, off+FrameSize+int64(f.Meta), body)
		if err != nil {
			return nil, err
		}
		if sum != m.Sum || m.Heads() > body {
			return nil, ErrUnreadable
		}
		return func() { c.Visit.Message(m.Summary(off)) }, nil
	case KindTombstones:
		sets, err := DecodeTombstones(meta)
		return func() {
			for _, g := range sets {
				c.Visit.Tombstones(g)
			}
		}, err
	case KindManifest:
		manifest, err := DecodeManifest(meta)
		return func() { c.Visit.Manifest(manifest) }, err
	case KindLabels:
		list, err := decodeLabels(meta)
		return func() {
			for _, l := range list {
				c.Visit.Labels(l)
			}
		}, err
	case KindRemotes:
		list, err := DecodeRemotes(meta)
		return func() {
			for _, g := range list {
				c.Visit.Remotes(g)
			}
		}, err
	case KindRetire:
		list, err := DecodeRetired(meta)
		return func() {
			for _, r := range list {
				c.Visit.Retired(r)
			}
		}, err
	}
	return nil, ErrUnreadable
}

// begun reports whether an unreadable page looks like the beginning of a batch of this segment:
// what a power cut left of a batch that was never acknowledged, or the newest batch, damaged since.
// The two cannot be distinguished.
func (c *Scan) begun(page uint32) (bool, error) {
	p, err := c.Bytes(int64(page)*Unit, BatchHeaderSize)
	if err != nil {
		return false, err
	}
	le := binary.LittleEndian
	return le.Uint64(p[8:]) == c.Segment || le.Uint32(p) == batchMagic && le.Uint32(p[28:]) == page, nil
}

// Discard is a Visitor that ignores everything.
type Discard struct{}

func (Discard) Message(Summary)         {}
func (Discard) Tombstones(TombstoneSet) {}
func (Discard) Retired(SegmentRef)      {}
func (Discard) Manifest(Manifest)       {}
func (Discard) Labels(LabelSet)         {}
func (Discard) Remotes(RemoteSet)       {}

// resume looks for evidence that an unreadable page was durable once: a later batch that was
// written when the page was durable, or the known end of the segment. It returns the page to
// continue from, or 0 if the page is a torn tail. A damaged batch is followed by the next one
// directly, so that the search is no longer than a batch can be.
func (c *Scan) resume(page uint32) (next uint32, err error) {
	last := min(c.last(), page+UnitsOf(longestBatch))
	for p := page + 1; p < last; p++ {
		b, ok, err := c.head(p)
		if err != nil {
			return 0, err
		}
		if ok && b.Durable > page && b.Epoch >= c.Epoch {
			return p, nil
		}
	}
	return c.Known, nil
}

// salvage calls the visitor with every record between two pages of a damaged batch that verifies:
// only the records that were hit are lost.
func (c *Scan) salvage(from, to uint32) error {
	c.Damaged++
	end := int64(to) * Unit
	for off := int64(from) * Unit; off+FrameSize <= end; {
		n, _, visit, err := c.record(off, end, 0)
		switch {
		case err == nil:
			visit()
			off = Align8(off + n)
		case errors.Is(err, ErrUnreadable):
			off += 8
		default:
			return err
		}
	}
	return nil
}
