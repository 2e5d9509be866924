package format

import "slices"

// A footerDecoder decodes footers one after the other into the same memory.
type footerDecoder struct {
	epochs     []EpochTag
	keys       []Key
	recipients []Recipient // of one message
	manifest   []SegmentRef
}

// DecodeFooter calls v with the contents of a footer, in one pass. If v is nil, it only checks that
// the footer decodes. If it returns an error, some messages may have been visited, and nothing
// else.
func DecodeFooter(meta []byte, v Visitor) (Sealing, error) {
	return new(footerDecoder).decode(meta, v)
}

func (d *footerDecoder) decode(meta []byte, v Visitor) (Sealing, error) {
	r := reader{rest: meta}
	seal, remote := d.messages(&r, v)
	tombstones, retired, manifest, labels := r.tombstoneSets(), r.segmentRefs(), r.manifest(d.manifest), r.labelSets()
	d.manifest = manifest.Segments
	var remotes []RemoteSet
	if remote {
		remotes = r.remoteSets()
	}
	if err := r.end(); err != nil || v == nil {
		return seal, err
	}
	for _, g := range tombstones {
		v.Tombstones(g)
	}
	for _, t := range retired {
		v.Retired(t)
	}
	v.Manifest(manifest)
	for _, l := range labels {
		v.Labels(l)
	}
	for _, g := range remotes {
		v.Remotes(g)
	}
	return seal, nil
}

// messages reads the first part of a footer, which ends with the messages, and reports whether its
// last part is remote ids.
func (d *footerDecoder) messages(r *reader, v Visitor) (seal Sealing, remote bool) {
	fields := r.array()
	if fields != footerFields && fields != remoteFields {
		r.err = ErrUnreadable
	}
	seal.End, seal.Lifetime = r.uint32(), r.lifetime()
	d.epochs = d.epochs[:0]
	for range r.pairs() {
		e := EpochTag{r.uint32(), r.uint64()}
		d.epochs = append(d.epochs, e)
		seal.Epoch = max(seal.Epoch, e.Epoch)
	}
	d.keys = d.keys[:0]
	for range r.array() {
		d.keys = append(d.keys, Key(r.uint64()))
	}
	var s Summary
	for range r.array() {
		d.message(r, &s)
		if r.err != nil {
			break
		}
		if v != nil {
			v.Message(s)
		}
	}
	return seal, fields == remoteFields
}

// message reads a message of a footer, which is stored as the difference from the previous one, s.
func (d *footerDecoder) message(r *reader, s *Summary) {
	fields := r.array()
	offset := s.Offset + 8*r.difference()
	epoch := r.position(len(d.epochs))
	seq := int64(s.First.Seq) + r.difference()
	day := int64(s.Day) + r.difference()
	octets := r.uint32()
	n := r.array()
	if fields != plainFields && fields != allFields || offset < 0 || offset > MaxSlotSize || seq < 0 || seq > 1<<32-1 ||
		day < 0 || day > 1<<16-1 || n == 0 || n%2 != 0 || n/2 > MaxRecipients {
		r.err = ErrUnreadable
	}
	if r.err != nil {
		return
	}
	s.Offset, s.Octets, s.Day = offset, octets, uint16(day)
	s.Tag, s.First = d.epochs[epoch].Tag, Identity{d.epochs[epoch].Epoch, uint32(seq)}
	d.recipients = slices.Grow(d.recipients[:0], n/2)
	for range n / 2 {
		key := r.position(len(d.keys))
		if r.err != nil {
			return
		}
		d.recipients = append(d.recipients, Recipient{d.keys[key], r.uint32()})
	}
	s.Recipients, s.UID, s.Extents = d.recipients, nil, nil
	if fields == allFields {
		s.UID = r.textBytes(MaxUID)
		s.Extents = r.extents()
	}
}

// difference reads an integer that is added to a number of 32 bits.
func (r *reader) difference() int64 {
	v := r.int64()
	if v < -1<<32 || v > 1<<32 {
		r.err = ErrUnreadable
	}
	return v
}

// position reads an index into a list of n values.
func (r *reader) position(n int) uint32 {
	v := r.uint32()
	if int64(v) >= int64(n) {
		r.err = ErrUnreadable
	}
	return v
}
