package mdns

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// A Service is a port of the server that others may look for.
type Service struct {
	Type string // "_pop3s._tcp"
	Port int
	Text string // of TXT, as "path=/"; "" for none
}

// Times to live in seconds (RFC 6762 §10).
const (
	hostTTL   = 120
	otherTTL  = 75 * 60
	legacyTTL = 10
)

// A record is one of ours, built once.
type record struct {
	wire   []byte // whole, with its name uncompressed
	name   int    // octets of wire that are the name
	kind   uint16
	unique bool // the name is ours alone: probed for, and flushed from caches
	also   set  // records to add to an answer with this one
}

func (r *record) nameOf() []byte { return r.wire[:r.name] }
func (r *record) data() []byte   { return r.wire[r.name+10:] }

// A set is a set of records of a zone, by their index.
type set uint64

// mostRecords is how many a zone has at most.
const mostRecords = 64

func (s set) has(i int) bool { return s&(1<<i) != 0 }

// A zone is all records for one interface.
type zone struct {
	records []record
	host    []byte   // the name of the host, in wire form
	kinds   []uint16 // of records that it has
	shared  set
	probed  set // those of names that are probed for, but for NSEC
	nsec    int
}

// newZone builds the records of a host with addresses and services. label is the first label of the
// host name and the name of the services.
func newZone(label string, addrs []netip.Addr, services []Service) *zone {
	z := &zone{host: appendName(nil, strings.ToLower(label), "local")}
	var hosts set
	for _, addr := range addrs {
		kind := uint16(typeAAAA)
		if addr.Is4() {
			kind = typeA
		}
		hosts |= z.add(z.host, kind, true, hostTTL, addr.AsSlice())
		if !z.hasKind(kind) {
			z.kinds = append(z.kinds, kind)
		}
	}
	z.nsec = len(z.records)
	z.add(z.host, typeNSEC, true, hostTTL, z.bitmap())
	for _, s := range services {
		if len(z.records)+4 > mostRecords {
			break
		}
		kind, transport, _ := strings.Cut(s.Type, ".")
		instance := appendName(nil, strings.ToLower(label), kind, transport, "local")
		service := appendName(nil, kind, transport, "local")
		target := binary.BigEndian.AppendUint16(make([]byte, 4, 6+len(z.host)), uint16(s.Port))
		srv := z.add(instance, typeSRV, true, hostTTL, append(target, z.host...))
		z.records[len(z.records)-1].also = hosts
		text := append([]byte{byte(len(s.Text))}, s.Text...)
		txt := z.add(instance, typeTXT, true, otherTTL, text)
		z.add(service, typePTR, false, otherTTL, instance)
		z.records[len(z.records)-1].also = srv | txt | hosts
		z.add(appendName(nil, "_services", "_dns-sd", "_udp", "local"), typePTR, false, otherTTL, service)
	}
	return z
}

func (z *zone) hasKind(kind uint16) bool {
	for _, k := range z.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// add appends a record and returns the set of it; none if the zone is full.
func (z *zone) add(name []byte, kind uint16, unique bool, ttl uint32, data []byte) set {
	i := len(z.records)
	if i >= mostRecords {
		return 0
	}
	class := uint16(classIN)
	if unique {
		class |= topBit
	}
	wire := append([]byte(nil), name...)
	wire = binary.BigEndian.AppendUint16(wire, kind)
	wire = binary.BigEndian.AppendUint16(wire, class)
	wire = binary.BigEndian.AppendUint32(wire, ttl)
	wire = binary.BigEndian.AppendUint16(wire, uint16(len(data)))
	z.records = append(z.records, record{wire: append(wire, data...), name: len(name), kind: kind, unique: unique})
	if !unique {
		z.shared |= 1 << i
	} else if kind != typeNSEC {
		z.probed |= 1 << i
	}
	return 1 << i
}

// bitmap returns the data of NSEC: which records the host name has (RFC 6762 §6.1).
func (z *zone) bitmap() []byte {
	var bits [4]byte
	for _, kind := range z.kinds {
		bits[kind/8] |= 0x80 >> (kind % 8)
	}
	data := append([]byte(nil), z.host...)
	return append(append(data, 0, byte(len(bits))), bits[:]...)
}

// all returns every record.
func (z *zone) all() set { return set(1)<<len(z.records) - 1 }

// ours returns which of the names that are probed for a record of a message has, and whether the
// record is the same as one of ours.
func (z *zone) ours(msg []byte, r resource) (named, same bool) {
	for i := range z.records {
		one := &z.records[i]
		if !z.probed.has(i) || !equalName(msg, r.name, one.nameOf()) {
			continue
		}
		named = true
		if one.kind == r.kind && r.class == classIN && equalData(msg, r, one) {
			return true, true
		}
	}
	return named, false
}

// equalData reports whether the data of a record are those of one of ours. The names in SRV and PTR
// may be compressed.
func equalData(msg []byte, r resource, one *record) bool {
	data := one.data()
	switch one.kind {
	case typePTR:
		return equalName(msg[:r.end], r.data, data)
	case typeSRV:
		return r.end-r.data >= 7 && string(msg[r.data:r.data+6]) == string(data[:6]) && equalName(msg[:r.end], r.data+6, data[6:])
	}
	return string(msg[r.data:r.end]) == string(data)
}
