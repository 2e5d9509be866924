package format

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// A Manifest lists the segments with batches that count at the moment a hot segment begins. A slot
// whose header is unreadable may show batches of a segment that was overwritten long ago; it counts
// only if the newest manifest lists it, or is older than it. 14 B per slot, once per segment.
type Manifest struct {
	UpTo     uint64 // later segments are not in it
	Segments []SegmentRef
}

// Denies reports whether the manifest excludes a segment.
func (c *Manifest) Denies(r SegmentRef) bool {
	return r.Segment <= c.UpTo && !slices.Contains(c.Segments, r)
}

func (c *Manifest) Append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, uint32(1+2*len(c.Segments)))
	b = msgp.AppendUint64(b, c.UpTo)
	for _, r := range c.Segments {
		b = appendSegmentRef(b, r)
	}
	return b
}

// manifest reads the segments into memory that it may replace.
func (r *reader) manifest(segments []SegmentRef) Manifest {
	n := r.array()
	if n%2 != 1 {
		r.err = ErrUnreadable
		return Manifest{}
	}
	c := Manifest{UpTo: r.uint64(), Segments: slices.Grow(segments[:0], n/2)}
	for range n / 2 {
		c.Segments = append(c.Segments, SegmentRef{r.uint32(), r.uint64()})
	}
	return c
}

// DecodeManifest decodes the meta of a manifest record.
func DecodeManifest(meta []byte) (Manifest, error) {
	r := reader{rest: meta}
	c := r.manifest(nil)
	return c, r.end()
}

// A SegmentRef names a segment and its slot. In a retire record it names a segment whose records no
// longer count: nothing in it is needed, and its slot may be overwritten. The record is repeated in
// later segments until the slot has a durable new header, because until then a power cut can make
// the old segment visible again.
type SegmentRef struct {
	Slot    uint32
	Segment uint64
}

func appendSegmentRef(b []byte, r SegmentRef) []byte {
	b = msgp.AppendUint32(b, r.Slot)
	return msgp.AppendUint64(b, r.Segment)
}

// EncodeRetired returns the meta of a retire record.
func EncodeRetired(list []SegmentRef) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(2*len(list)))
	for _, r := range list {
		b = appendSegmentRef(b, r)
	}
	return b
}

func DecodeRetired(meta []byte) ([]SegmentRef, error) {
	r := reader{rest: meta}
	list := r.segmentRefs()
	return list, r.end()
}

func (r *reader) segmentRefs() []SegmentRef {
	list := make([]SegmentRef, r.pairs())
	for i := range list {
		list[i] = SegmentRef{r.uint32(), r.uint64()}
	}
	return list
}
