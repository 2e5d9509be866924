package format

import "github.com/tinylib/msgp/msgp"

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
