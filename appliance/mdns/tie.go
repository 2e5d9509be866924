package mdns

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
)

// loses reports whether a probe of another host for one of our names wins against ours (§8.2): the
// records of both are compared in order, and the later ones win. It is called while a name is
// probed for, so it may allocate.
func (z *zone) loses(msg []byte) bool {
	h, ok := parseHeader(msg)
	if !ok || h.flags&flagQR != 0 || h.authority == 0 {
		return false
	}
	off := headerSize
	for range h.questions {
		if _, off = parseQuestion(msg, off); off < 0 {
			return false
		}
	}
	var theirs [][]byte
	for i := range h.answers + h.authority {
		r, ok := parseResource(msg, off)
		if !ok {
			return false
		}
		if i >= h.answers && equalName(msg, r.name, z.host) {
			key := binary.BigEndian.AppendUint16(nil, r.class)
			key = binary.BigEndian.AppendUint16(key, r.kind)
			theirs = append(theirs, append(key, msg[r.data:r.end]...))
		}
		off = r.end
	}
	if len(theirs) == 0 {
		return false
	}
	var mine [][]byte
	for i := range z.records {
		r := &z.records[i]
		if z.probed.has(i) && bytes.Equal(r.nameOf(), z.host) {
			key := binary.BigEndian.AppendUint16(nil, classIN)
			key = binary.BigEndian.AppendUint16(key, r.kind)
			mine = append(mine, append(key, r.data()...))
		}
	}
	for _, list := range [][][]byte{theirs, mine} {
		sort.Slice(list, func(i, j int) bool { return bytes.Compare(list[i], list[j]) < 0 })
	}
	return slices.CompareFunc(mine, theirs, bytes.Compare) < 0
}

// probe writes the query that asks whether our names are free: a question for each name, and what
// we want to have there.
func (z *zone) probe() []byte {
	b := make([]byte, headerSize, 512)
	var names [][]byte
	for i := range z.records {
		name := z.records[i].nameOf()
		if z.probed.has(i) && !slices.ContainsFunc(names, func(n []byte) bool { return bytes.Equal(n, name) }) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		b = append(b, name...)
		b = binary.BigEndian.AppendUint16(b, typeAny)
		b = binary.BigEndian.AppendUint16(b, classIN|topBit)
	}
	count := 0
	for i := range z.records {
		if z.probed.has(i) {
			before := len(b)
			if b, count = z.put(b, i, false, count); len(b) > before {
				// No cache flush in a probe.
				binary.BigEndian.PutUint16(b[before+z.records[i].name+2:], classIN)
			}
		}
	}
	binary.BigEndian.PutUint16(b[4:], uint16(len(names)))
	binary.BigEndian.PutUint16(b[8:], uint16(count))
	return b
}
