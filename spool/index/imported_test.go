package index

import (
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/format"
)

// kinds make the i-th unique-id of a mailbox as other stores do, in order. most is how many bytes
// one takes in a large mailbox: 100,000 of Dovecot's fit the limit of the index.
var kinds = []struct {
	name string
	most float64
	uid  func(rng *rand.Rand, i int) string
}{
	{"Dovecot", 5, func(_ *rand.Rand, i int) string { return fmt.Sprintf("%08x5f5e1000", 7+i+i/9) }},
	{"pillarbox", 7, func(_ *rand.Rand, i int) string {
		return string(format.AppendUID(nil, 0x9e3779b97f4a7c15, uint32(i)))
	}},
	{"Maildir", 14, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d.M%dP%d.mail", 1_600_000_000+1000*i+rng.IntN(1000), rng.IntN(1_000_000), rng.IntN(65_000))
	}},
	{"Dovecot's files", 35, func(rng *rand.Rand, i int) string {
		n := 500 + rng.IntN(100_000)
		return fmt.Sprintf("%d.M%dP%d.mail,S=%d,W=%d", 1_600_000_000+1000*i, rng.IntN(1_000_000), rng.IntN(65_000), n, n+n/40)
	}},
	{"sums", 20, func(_ *rand.Rand, i int) string { return fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, i))) }},
	{"anything", 47, func(rng *rand.Rand, i int) string {
		uid := make([]byte, 1+rng.IntN(format.MaxUID))
		for k := range uid {
			uid[k] = byte(0x21 + rng.IntN(0x7f-0x21))
		}
		return string(uid)
	}},
	{"one letter", 5, func(_ *rand.Rand, i int) string { return "x"[:1] }},
}

// TestWays: each way has an alphabet of its size, and room for its lengths in a byte.
func TestWays(t *testing.T) {
	for i, w := range ways {
		end := 256
		if i+1 < len(ways) {
			end = ways[i+1].from
		}
		if n := len(w.alphabet); n != 0 && n != 16 && n != 64 || w.from+w.most >= end {
			t.Errorf("way %d has %d characters, %d to %d", i, n, w.from, w.from+w.most)
		}
	}
}

// TestImportedMemory: unique-ids of each kind are found again, in a listing and alone, and take no
// more memory than that kind may.
func TestImportedMemory(t *testing.T) {
	const n = 20_000
	for _, kind := range kinds {
		rng := rand.New(rand.NewPCG(1, 2))
		want := map[format.Identity]string{}
		var order []format.Identity
		var m Imported
		for i := range n {
			at := id(1+uint32(i)/4000, 2*uint32(i%4000)) // of each second message
			uid := kind.uid(rng, i)
			m.Add(at, []byte(uid))
			want[at], order = uid, append(order, at)
		}
		m.Trim()
		if each := float64(m.bytes()) / n; each > kind.most {
			t.Errorf("%s: %.1f bytes each, at most %.1f", kind.name, each, kind.most)
		}
		view := m.snapshot()
		for round := range 2 {
			for _, at := range order {
				if got := string(view.UID(at)); got != want[at] {
					t.Fatalf("%s, round %d: %+v has %q, want %q", kind.name, round, at, got, want[at])
				}
				if got := view.UID(format.Identity{Epoch: at.Epoch, Seq: at.Seq + 1}); got != nil {
					t.Fatalf("%s: the message behind %+v has %q", kind.name, at, got)
				}
			}
			rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
	}
}

// TestImportedInAnyOrder: what a start adds in parts that overlap is found after it was sorted, and
// a snapshot has what was there when it was made, and not what came later.
func TestImportedInAnyOrder(t *testing.T) {
	for _, kind := range kinds {
		rng := rand.New(rand.NewPCG(5, 6))
		var m Imported
		var uids []string
		for i := range 700 {
			uids = append(uids, kind.uid(rng, i))
		}
		parts := [][2]int{{300, 400}, {0, 250}, {200, 420}}
		for _, p := range parts {
			for i := p[0]; i < p[1]; i++ {
				m.Add(id(1, uint32(i)), []byte(uids[i]))
			}
		}
		m.Trim()
		if m.Len() != 420 {
			t.Errorf("%s: %d unique-ids, want 420", kind.name, m.Len())
		}
		var views []Imported
		for i := 420; i < 700; i++ {
			views = append(views, m.snapshot())
			m.Add(id(1, uint32(i)), []byte(uids[i]))
		}
		for k, view := range views {
			for i := range min(700, 422+k) {
				want := uids[i]
				if i >= 420+k {
					want = ""
				}
				if got := string(view.UID(id(1, uint32(i)))); got != want {
					t.Fatalf("%s: of %d, number %d is %q, want %q", kind.name, 420+k, i, got, want)
				}
			}
		}
		lives := func(i format.Identity) bool { return i.Seq%2 == 1 }
		for i := range uint32(700) {
			if i%2 == 0 {
				m.Expunge(id(1, i), lives)
			}
		}
		if m.Len() != 350 || string(m.UID(id(1, 699))) != uids[699] || m.UID(id(1, 2)) != nil {
			t.Errorf("%s: %d are left", kind.name, m.Len())
		}
	}
}

// FuzzUIDs: what was appended is read.
func FuzzUIDs(f *testing.F) {
	f.Add([]byte("0000a1b25f5e1000 0000a1b35f5e1000 1600000000.M1P2.mail 1600000000.M1P23.mail"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var in, out uidCode
		for i, uid := range slices.Collect(words(text)) {
			b := in.append(nil, uint32(i), uid)
			if len(b) > mostUIDBytes {
				t.Fatalf("%d bytes", len(b))
			}
			seqs, n := out.read(b)
			if n != len(b) || seqs != uint32(i) || string(out.uid()) != string(uid) {
				t.Fatalf("%q is read as %q", uid, out.uid())
			}
		}
	})
}

// words yields the parts of a text between blanks, each of at most a unique-id's length.
func words(text []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		begin := 0
		for i := 0; i <= len(text); i++ {
			if i == len(text) || text[i] == ' ' {
				if !yield(text[begin:min(i, begin+format.MaxUID)]) {
					return
				}
				begin = i + 1
			}
		}
	}
}

// TestSortMemory: to sort unique-ids takes what they take when they are sorted, and little beside
// it: a start has no memory to spare.
func TestSortMemory(t *testing.T) {
	const n = 50_000
	var m Imported
	for i := range n {
		m.Add(id(1, uint32((i%2)*n+i/2)), fmt.Appendf(nil, "%d.M%dP%d.mail", 1_600_000_000+i, i, i))
	}
	blocks := len(m.blocks)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m.Trim()
	runtime.ReadMemStats(&after)
	// The blocks grow as a slice does, which takes three times what they need.
	most := uint64(16*blocks) + uint64(m.bytes()) + 4*uint64(cap(m.blocks))*uidBlockBytes + 2*sortedUIDs*80 + 64<<10
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("%d bytes were allocated, at most %d", took, most)
	}
	if m.mixed || m.Len() != n {
		t.Errorf("%d unique-ids, in order: %v", m.Len(), !m.mixed)
	}
	for i := range n {
		if got, want := string(m.UID(id(1, uint32((i%2)*n+i/2)))), fmt.Sprintf("%d.M%dP%d.mail", 1_600_000_000+i, i, i); got != want {
			t.Fatalf("unique-id %d is %q, want %q", i, got, want)
		}
	}
}

// TestSortRuns: unique-ids come in long parts that overlap, some twice, and are sorted in several
// passes.
func TestSortRuns(t *testing.T) {
	const n = 5 * sortedUIDs
	var m Imported
	want := make(map[format.Identity]string)
	for part := range 3 {
		for i := part; i < n; i += 2 {
			at := id(uint32(1+i%2), uint32(i))
			want[at] = fmt.Sprintf("%032x", i)
			m.Add(at, []byte(want[at]))
		}
	}
	m.Trim()
	last, found := format.Identity{}, 0
	m.each(func(at format.Identity, uid []byte) {
		if found++; last.Compare(at) >= 0 || want[at] != string(uid) {
			t.Fatalf("%v %q after %v, want %q", at, uid, last, want[at])
		}
		last = at
	})
	if found != len(want) {
		t.Errorf("%d unique-ids, want %d", found, len(want))
	}
}

// TestUIDCount: what is counted is at least what unique-ids take, and less than twice as much.
func TestUIDCount(t *testing.T) {
	for name, uid := range map[string]func(i int) string{
		"Maildir": func(i int) string {
			return fmt.Sprintf("16000%05d.M%dP12345.mailserver.example.org", i, i*7919%1000000)
		},
		"numbers":        func(i int) string { return fmt.Sprintf("%060d", i) },
		"Dovecot":        func(i int) string { return fmt.Sprintf("%08x5f000001", i) },
		"sums":           func(i int) string { return fmt.Sprintf("%032x", uint64(i+1)*0x9e3779b97f4a7c15) },
		"other letters":  func(i int) string { return strings.Repeat("!", 1+i%70) + string(rune('!'+i%90)) },
		"short and long": func(i int) string { return strings.Repeat("a", 1+i*31%70) },
	} {
		for _, gap := range []int{1, 3, 200} {
			var m Imported
			var c UIDCount
			for i := range 20_000 {
				at := id(uint32(1+i/7000), uint32(i*gap))
				m.Add(at, []byte(uid(i)))
				c.Add(at, []byte(uid(i)))
			}
			m.Trim()
			if took := m.bytes(); c.Bytes+uidChunk < took || c.Bytes >= 2*took {
				t.Errorf("%s, %d apart: %d bytes are counted, and %d are taken", name, gap, c.Bytes, took)
			}
		}
	}
}
