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

func (r *reader) manifest() Manifest {
	n := r.array()
	if n%2 != 1 {
		r.err = ErrUnreadable
		return Manifest{}
	}
	c := Manifest{UpTo: r.uint64(), Segments: make([]SegmentRef, n/2)}
	for i := range c.Segments {
		c.Segments[i] = SegmentRef{r.uint32(), r.uint64()}
	}
	return c
}

// DecodeManifest decodes the meta of a manifest record.
func DecodeManifest(meta []byte) (Manifest, error) {
	r := reader{rest: meta}
	c := r.manifest()
	return c, r.end()
}
