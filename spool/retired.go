package spool

import "pillarbox/spool/msgp"

// A retired segment is one whose records no longer count: nothing in it is needed, and its slot may
// be written over. The record that says so is carried on until the slot has a durable new header, for until
// then a power cut can bring the old segment back to sight.
type retired struct {
	slot    uint32
	segment uint64
}

func appendRetired(b []byte, r retired) []byte {
	b = msgp.AppendUint32(b, r.slot)
	return msgp.AppendUint64(b, r.segment)
}

// encodeRetired is the meta of a retire record.
func encodeRetired(list []retired) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(2*len(list)))
	for _, r := range list {
		b = appendRetired(b, r)
	}
	return b
}

func decodeRetired(meta []byte) ([]retired, error) {
	r := reader{rest: meta}
	list := r.retired()
	return list, r.end()
}

func (r *reader) retired() []retired {
	list := make([]retired, r.pairs())
	for i := range list {
		list[i] = retired{r.uint32(), r.uint64()}
	}
	return list
}
