package format

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// metas are one of each kind, as they are written.
func metas() map[string][]byte {
	m := Message{
		Tag: 1 << 63, First: Identity{3, 4000}, Received: -1, From: "anna@home.arpa", Octets: 1 << 31, Header: 70000, Sum: 1<<32 - 1,
		Recipients: []Recipient{{7, 80}, {0, 0}}, UID: strings.Repeat("u", MaxUID),
		Extents: []Extent{{Slot: 9, Segment: 1 << 40, Page: 1, Length: 4097, Sum: 5}},
	}
	tombs := []TombstoneSet{{Key: 7, Segment: 300, Epoch: 3, Tag: 1 << 63, Seqs: []uint32{1, 2, 70000}}}
	labels := []LabelSet{{Label: "device", Key: 7, Day: 1<<16 - 1, Epoch: 3, Tag: 9, Seqs: []uint32{0, 1 << 31}}}
	remotes := []RemoteSet{
		{Account: 1 << 63, Key: 7, Day: 20000, Epoch: 3, Tag: 9, IDs: []RemoteID{{ID: [12]byte{1}, Fingerprint: [12]byte{2}, Seq: 5}, {ID: [12]byte{3}, Seq: 70000}}},
		{Account: 5, Settled: true, IDs: []RemoteID{{ID: [12]byte{11: 1}}}},
	}
	refs := []SegmentRef{{1, 2}, {1 << 16, 1 << 63}}
	manifest := Manifest{UpTo: 17, Segments: refs}
	foot := NewFooter()
	foot.Message(m.Summary(64))
	foot.Tombstones(tombs[0])
	foot.Labels(labels[0])
	foot.Retired(refs[0])
	foot.Manifest(manifest)
	withIDs := NewFooter()
	withIDs.Message(m.Summary(64))
	withIDs.Remotes(remotes[0])
	return map[string][]byte{
		"remotes": EncodeRemotes(remotes), "footer of version 2": withIDs.Encode(),
		"message": m.Encode(nil), "tombstones": EncodeTombstones(tombs), "labels": EncodeLabels(labels),
		"retired": EncodeRetired(refs), "manifest": manifest.Append(nil), "footer": foot.Encode(),
	}
}

// decode reads meta as each kind, and returns the kinds that it is, with what was encoded again.
func decode(t *testing.T, meta []byte) map[string][]byte {
	t.Helper()
	again := make(map[string][]byte)
	if m, err := DecodeMessage(meta); err == nil {
		again["message"] = m.Encode(nil)
	}
	if list, err := DecodeTombstones(meta); err == nil {
		again["tombstones"] = EncodeTombstones(list)
	}
	if list, err := decodeLabels(meta); err == nil {
		again["labels"] = EncodeLabels(list)
	}
	if list, err := DecodeRemotes(meta); err == nil {
		again["remotes"] = EncodeRemotes(list)
	}
	if list, err := DecodeRetired(meta); err == nil {
		again["retired"] = EncodeRetired(list)
	}
	if c, err := DecodeManifest(meta); err == nil {
		again["manifest"] = c.Append(nil)
	}
	foot := NewFooter()
	if seal, err := DecodeFooter(meta, foot); err == nil {
		foot.Sealing = seal
		again["footer"] = foot.Encode()
		again["footer of version 2"] = again["footer"]
	}
	return again
}

// TestDecode: what was encoded is decoded to the same, and nothing that is cut short or has a byte
// more is decoded.
func TestDecode(t *testing.T) {
	for kind, meta := range metas() {
		t.Run(kind, func(t *testing.T) {
			if got := decode(t, meta)[kind]; string(got) != string(meta) {
				t.Errorf("%x became %x", meta, got)
			}
			for n := range meta {
				if _, ok := decode(t, meta[:n])[kind]; ok {
					t.Errorf("the first %d of %d bytes were decoded", n, len(meta))
				}
			}
			if _, ok := decode(t, append(meta[:len(meta):len(meta)], 0))[kind]; ok {
				t.Error("a byte more was decoded")
			}
		})
	}
}

// TestRemoteBytes: the bytes of version 2 do not change.
func TestRemoteBytes(t *testing.T) {
	list := []RemoteSet{{
		Account: 0x1122334455667788, Key: 7, Day: 20000, Epoch: 3, Tag: 9,
		IDs: []RemoteID{{ID: [12]byte{1, 11: 2}, Fingerprint: [12]byte{3, 11: 4}, Seq: 5}, {ID: [12]byte{6}, Seq: 7}},
	}}
	const want = "9197cf112233445566778807cd4e2003090094" +
		"c418010000000000000000000002030000000000000000000004" + "05" +
		"c418060000000000000000000000000000000000000000000000" + "02"
	if got := fmt.Sprintf("%x", EncodeRemotes(list)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzDecode: any bytes are decoded or refused, and what was decoded is, encoded again, the same.
func FuzzDecode(f *testing.F) {
	for _, meta := range metas() {
		f.Add(meta)
	}
	f.Fuzz(func(t *testing.T, meta []byte) {
		for kind, first := range decode(t, meta) {
			second, ok := decode(t, first)[kind]
			if !ok || !reflect.DeepEqual(first, second) {
				t.Errorf("%s: %x was decoded, and became %x, then %x", kind, meta, first, second)
			}
		}
	})
}
