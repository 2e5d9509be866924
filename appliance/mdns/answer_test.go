package mdns

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var (
	lan  = netip.MustParseAddr("192.168.7.2")
	ula  = netip.MustParseAddr("fd00::2")
	mail = []Service{{"_pop3s._tcp", 995, ""}, {"_https._tcp", 443, "path=/"}}
)

func homeZone() *zone { return newZone("nas", []netip.Addr{lan, ula}, mail) }

// ask builds a query for names and types, as "nas.local A".
func ask(questions ...string) []byte {
	b := make([]byte, headerSize)
	b[5] = byte(len(questions))
	for _, q := range questions {
		words := strings.Fields(q)
		b = appendName(b, strings.Split(words[0], ".")...)
		b = binary.BigEndian.AppendUint16(b, types[words[1]])
		class := uint16(classIN)
		if len(words) > 2 {
			class |= topBit
		}
		b = binary.BigEndian.AppendUint16(b, class)
	}
	return b
}

var types = map[string]uint16{"A": typeA, "AAAA": typeAAAA, "PTR": typePTR, "SRV": typeSRV, "TXT": typeTXT, "ANY": typeAny, "MX": 15}

// recordsOf lists the records of an answer, as "A nas.local".
func recordsOf(t *testing.T, msg []byte) (answers, further []string) {
	t.Helper()
	h, ok := parseHeader(msg)
	if !ok || h.flags != answerBit {
		t.Fatalf("no response: %x", msg)
	}
	off := headerSize
	for range h.questions {
		_, off = parseQuestion(msg, off)
	}
	for i := range h.answers + h.additional {
		r, ok := parseResource(msg, off)
		if !ok {
			t.Fatalf("record %d does not parse: %x", i, msg)
		}
		text := ""
		for name, kind := range types {
			if kind == r.kind {
				text = name + " " + nameAt(msg, r.name)
			}
		}
		if r.kind == typeNSEC {
			text = "NSEC " + nameAt(msg, r.name)
		}
		if i < h.answers {
			answers = append(answers, text)
		} else {
			further = append(further, text)
		}
		off = r.end
	}
	if off != len(msg) {
		t.Errorf("%d octets are left over", len(msg)-off)
	}
	return answers, further
}

func nameAt(msg []byte, off int) string {
	var labels []string
	for msg[off] != 0 {
		n := int(msg[off])
		labels = append(labels, string(msg[off+1:off+1+n]))
		off += n + 1
	}
	return strings.Join(labels, ".")
}

func TestAnswers(t *testing.T) {
	const host, instance = "nas.local", "nas._pop3s._tcp.local"
	tests := []struct {
		query   string
		answers []string
		further []string
		unicast bool
		nothing bool
	}{
		{query: "nas.local A", answers: []string{"A " + host}},
		{query: "NAS.LOCAL AAAA", answers: []string{"AAAA " + host}},
		{query: "nas.local ANY", answers: []string{"A " + host, "AAAA " + host}},
		{query: "nas.local MX", answers: []string{"NSEC " + host}},
		{query: "nas.local A QU", answers: []string{"A " + host}, unicast: true},
		{query: "_pop3s._tcp.local PTR", answers: []string{"PTR _pop3s._tcp.local"},
			further: []string{"A " + host, "AAAA " + host, "SRV " + instance, "TXT " + instance}},
		{query: "nas._pop3s._tcp.local SRV", answers: []string{"SRV " + instance}, further: []string{"A " + host, "AAAA " + host}},
		{query: "_services._dns-sd._udp.local PTR", answers: []string{"PTR _services._dns-sd._udp.local", "PTR _services._dns-sd._udp.local"}},
		{query: "other.local A", nothing: true},
		{query: "nas.local.example A", nothing: true},
		{query: "nas A", nothing: true},
		{query: "_imap._tcp.local PTR", nothing: true},
	}
	for _, test := range tests {
		z := homeZone()
		a, ok := z.read(ask(test.query), false)
		if !ok || (a.records == 0) != test.nothing || a.unicast != test.unicast {
			t.Errorf("%s: %+v, %v", test.query, a, ok)
			continue
		}
		if test.nothing {
			continue
		}
		answers, further := recordsOf(t, z.answer(nil, a))
		if !slices.Equal(answers, test.answers) || !slices.Equal(further, test.further) {
			t.Errorf("%s: %q and %q, want %q and %q", test.query, answers, further, test.answers, test.further)
		}
	}
}

// An answer that is in the query is not sent again, unless half of its time is over.
func TestKnownAnswers(t *testing.T) {
	z := homeZone()
	for ttl, want := range map[uint32]int{hostTTL: 0, hostTTL / 2: 0, hostTTL/2 - 1: 1} {
		query := ask("nas.local A")
		query[7] = 1
		at := len(query)
		query = append(query, z.records[0].wire...)
		binary.BigEndian.PutUint32(query[at+z.records[0].name+4:], ttl)
		a, ok := z.read(query, false)
		if !ok || bits(a.records) != want {
			t.Errorf("with a TTL of %d: %d records", ttl, bits(a.records))
		}
		query[len(query)-1]++ // another address
		if a, _ := z.read(query, false); bits(a.records) != 1 {
			t.Errorf("another address with a TTL of %d: %d records", ttl, bits(a.records))
		}
	}
}

func bits(s set) (n int) {
	for ; s != 0; s &= s - 1 {
		n++
	}
	return n
}

// A resolver without multicast gets its question, its id and short times back.
func TestLegacy(t *testing.T) {
	z := homeZone()
	query := ask("nas.local A")
	query[0], query[1] = 0x12, 0x34
	a, ok := z.read(query, true)
	if !ok || !a.legacy {
		t.Fatal("no answer")
	}
	msg := z.answer(nil, a)
	if msg[0] != 0x12 || msg[1] != 0x34 || msg[5] != 1 || string(msg[headerSize:len(query)]) != string(query[headerSize:]) {
		t.Errorf("%x", msg)
	}
	r, _ := parseResource(msg, len(query))
	if r.ttl != legacyTTL || binary.BigEndian.Uint16(msg[r.data-8:]) != classIN {
		t.Errorf("%+v", r)
	}
	two := ask("nas.local A", "nas.local AAAA")
	if a, _ := z.read(two, true); a.records != 0 {
		t.Error("two questions are answered")
	}
}

// A response that gives a name of ours other data is a conflict; the same data, a goodbye and other
// names are none.
func TestContradicts(t *testing.T) {
	z := homeZone()
	same := z.answer(nil, response{records: z.all()})
	if z.contradicts(same) {
		t.Error("our own records contradict")
	}
	other := newZone("nas", []netip.Addr{netip.MustParseAddr("192.168.7.9")}, nil)
	msg := other.answer(nil, response{records: 1})
	if !z.contradicts(msg) {
		t.Error("another address does not contradict")
	}
	withdraw(msg)
	if z.contradicts(msg) {
		t.Error("a goodbye contradicts")
	}
	elsewhere := newZone("tv", []netip.Addr{netip.MustParseAddr("192.168.7.9")}, mail)
	if z.contradicts(elsewhere.answer(nil, response{records: elsewhere.all()})) {
		t.Error("another host with the same services contradicts")
	}
	if z.contradicts(ask("nas.local A")) {
		t.Error("a question contradicts")
	}
}

// Of two probes at a time, the one with the later data wins (§8.2).
func TestTie(t *testing.T) {
	low := newZone("nas", []netip.Addr{netip.MustParseAddr("192.168.7.2")}, nil)
	high := newZone("nas", []netip.Addr{netip.MustParseAddr("192.168.7.9")}, nil)
	if !low.loses(high.probe()) || high.loses(low.probe()) || low.loses(low.probe()) {
		t.Error("the wrong one wins")
	}
	if low.loses(newZone("tv", []netip.Addr{netip.MustParseAddr("192.168.7.9")}, nil).probe()) {
		t.Error("a probe for another name wins")
	}
	if a, ok := low.read(high.probe(), false); !ok || !a.probe {
		t.Error("a probe is not known for one")
	}
}

func TestWithdraw(t *testing.T) {
	z := homeZone()
	msg := z.answer(nil, response{records: z.all()})
	withdraw(msg)
	h, _ := parseHeader(msg)
	if h.answers != len(z.records) {
		t.Errorf("%d of %d records", h.answers, len(z.records))
	}
	off := headerSize
	for range h.answers {
		r, _ := parseResource(msg, off)
		if r.ttl != 0 {
			t.Errorf("a TTL of %d", r.ttl)
		}
		off = r.end
	}
}

// A query costs no allocation, whatever its questions are.
func TestNoAllocation(t *testing.T) {
	z := homeZone()
	buf := make([]byte, 0, mostAnswer)
	query := ask("_pop3s._tcp.local PTR", "nas.local ANY", "other.local A")
	n := testing.AllocsPerRun(100, func() {
		a, _ := z.read(query, false)
		buf = z.answer(buf, a)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Many services fit, or are left out: a message never grows beyond a frame.
func TestLargeZone(t *testing.T) {
	var many []Service
	for range 40 {
		many = append(many, Service{"_pop3s._tcp", 995, strings.Repeat("x", 100)})
	}
	z := newZone(strings.Repeat("n", 60), []netip.Addr{lan, ula}, many)
	if len(z.records) > mostRecords {
		t.Errorf("%d records", len(z.records))
	}
	if msg := z.answer(nil, response{records: z.all()}); len(msg) > mostAnswer {
		t.Errorf("%d octets", len(msg))
	}
}

func TestHeld(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  110: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   107        0 4711 2 0000000000000000 0
  240: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
`
	for _, test := range []struct {
		own  []uint64
		held bool
	}{{nil, true}, {[]uint64{4711}, false}, {[]uint64{4712}, true}} {
		if new(Holders).held(iotest.HalfReader(strings.NewReader(strings.Repeat(table, 20))), test.own) != test.held {
			t.Errorf("with %v", test.own)
		}
	}
	if new(Holders).held(strings.NewReader("rubbish\n1: 2\n"+strings.Repeat("x", 5000)), nil) {
		t.Error("rubbish holds the port")
	}
}

// Whatever comes, nothing is read beyond the message, and what is answered parses.
func FuzzMessage(f *testing.F) {
	z := homeZone()
	f.Add(ask("nas.local A"), false)
	f.Add(ask("_pop3s._tcp.local PTR", "nas.local ANY QU"), true)
	f.Add(z.answer(nil, response{records: z.all()}), false)
	f.Add(z.probe(), false)
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"), false)
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03nas\xc0\x0c\x00\x01\x00\x01"), true)
	f.Fuzz(func(t *testing.T, msg []byte, legacy bool) {
		z.contradicts(msg)
		z.loses(msg)
		z.knownIn(msg)
		a, ok := z.read(msg, legacy)
		if !ok || a.records == 0 {
			return
		}
		answer := z.answer(nil, a)
		if len(answer) > mostAnswer+mostName {
			t.Errorf("%d octets", len(answer))
		}
		if !legacy {
			recordsOf(t, answer)
		}
	})
}
