package mdns

import (
	"encoding/binary"
	"time"
)

// A response is what to send for a query.
type response struct {
	records set
	unicast bool // every question asked for that
	legacy  bool // to a resolver without multicast, with its question
	probe   bool // another host probes for a name of ours
	partial bool // more known answers follow
	id      uint16
	echo    []byte // the question of a legacy resolver
}

// read returns what a query asks for, without the answers that are in it. ok is false for a message
// that is no valid query; one that asks for nothing of ours is valid.
func (z *zone) read(msg []byte, legacy bool) (a response, ok bool) {
	h, ok := parseHeader(msg)
	if !ok || h.flags&(flagQR|opMask) != 0 {
		return a, false
	}
	a = response{unicast: h.questions > 0, legacy: legacy, id: h.id, partial: h.flags&flagTC != 0}
	off := headerSize
	for range h.questions {
		q, next := parseQuestion(msg, off)
		if next < 0 {
			return response{}, false
		}
		a.records |= z.match(msg, q)
		a.unicast = a.unicast && q.unicast
		off = next
	}
	if legacy {
		if a.echo = msg[headerSize:off]; h.questions != 1 || len(a.echo) > mostName+4 || pointer(a.echo) {
			return response{}, true
		}
	}
	for range h.answers {
		r, ok := parseResource(msg, off)
		if !ok {
			return response{}, false
		}
		a.records &^= z.known(msg, r)
		off = r.end
	}
	if h.authority > 0 && h.questions > 0 {
		r, ok := parseResource(msg, off)
		if !ok {
			return response{}, false
		}
		a.probe, _ = z.ours(msg, r)
	}
	return a, true
}

// pointer reports whether a question begins its name with a pointer, which would lead elsewhere in
// the answer.
func pointer(question []byte) bool {
	for off := 0; off < len(question); {
		n := int(question[off])
		if n == 0 {
			return false
		}
		if n > 63 {
			return true
		}
		off += n + 1
	}
	return true
}

// match returns the records that answer a question.
func (z *zone) match(msg []byte, q question) (found set) {
	if q.class != classIN && q.class != classAny {
		return 0
	}
	for i := range z.records {
		r := &z.records[i]
		if (r.kind == q.kind || q.kind == typeAny && r.kind != typeNSEC) && equalName(msg, q.name, r.nameOf()) {
			found |= 1 << i
		}
	}
	if found == 0 && equalName(msg, q.name, z.host) {
		return 1 << z.nsec // the name exists, but not with records of that type
	}
	return found
}

// known returns the records that an answer in a query shows to be known: those with at least half
// of their time to live left (§7.1).
func (z *zone) known(msg []byte, r resource) (found set) {
	for i := range z.records {
		one := &z.records[i]
		if one.kind != r.kind || !equalName(msg, r.name, one.nameOf()) || !equalData(msg, r, one) {
			continue
		}
		if r.ttl >= binary.BigEndian.Uint32(one.wire[one.name+4:])/2 {
			found |= 1 << i
		}
	}
	return found
}

// mostAnswer is the largest message that is sent: it fits into one frame of Ethernet with IPv6.
const mostAnswer = 1452

// answer writes a response with records and what belongs to them into buf, and returns it.
func (z *zone) answer(buf []byte, a response) []byte {
	id, flags, questions := uint16(0), uint16(answerBit), 0
	if a.legacy {
		id, questions = a.id, 1
	}
	b := binary.BigEndian.AppendUint16(buf[:0], id)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = append(b, 0, byte(questions), 0, 0, 0, 0, 0, 0)
	if a.legacy {
		b = append(b, a.echo...)
	}
	var also set
	count := 0
	for i := range z.records {
		if a.records.has(i) {
			also |= z.records[i].also
			b, count = z.put(b, i, a.legacy, count)
		}
	}
	binary.BigEndian.PutUint16(b[6:], uint16(count))
	further := 0
	for i := range z.records {
		if also.has(i) && !a.records.has(i) {
			b, further = z.put(b, i, a.legacy, further)
		}
	}
	binary.BigEndian.PutUint16(b[10:], uint16(further))
	return b
}

// put appends a record if there is room for it. A legacy resolver gets it for a short time, and
// without the bit that it does not know.
func (z *zone) put(b []byte, i int, legacy bool, count int) ([]byte, int) {
	r := &z.records[i]
	if len(b)+len(r.wire) > mostAnswer {
		return b, count
	}
	begin := len(b)
	b = append(b, r.wire...)
	if legacy {
		at := begin + r.name
		binary.BigEndian.PutUint16(b[at+2:], classIN)
		binary.BigEndian.PutUint32(b[at+4:], min(binary.BigEndian.Uint32(b[at+4:]), legacyTTL))
	}
	return b, count + 1
}

// withdraw sets the time to live of all answers in a message of ours to 0.
func withdraw(msg []byte) {
	h, _ := parseHeader(msg)
	off := headerSize
	for range h.answers + h.additional {
		r, ok := parseResource(msg, off)
		if !ok {
			return
		}
		binary.BigEndian.PutUint32(msg[r.data-6:], 0)
		off = r.end
	}
}

// The times of RFC 6762.
const (
	probeEvery   = 250 * time.Millisecond
	probes       = 3
	announceGap  = time.Second
	sharedDelay  = 20 * time.Millisecond // and up to 100 ms more
	partialDelay = 400 * time.Millisecond
	repeatAfter  = time.Second
	tieDelay     = time.Second
)
