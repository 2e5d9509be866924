package format

import (
	"reflect"
	"slices"
	"testing"
)

// A collector is a Visitor that keeps everything.
type collector struct {
	messages []Summary
	graves   []TombstoneSet
	list     []SegmentRef
	counted  Manifest
	labels   []LabelSet
	remotes  []RemoteSet
}

func (c *collector) Message(s Summary) {
	// They are valid for the call alone.
	s.Recipients, s.UID = slices.Clone(s.Recipients), slices.Clone(s.UID)
	c.messages = append(c.messages, s)
}
func (c *collector) Tombstones(g TombstoneSet) { c.graves = append(c.graves, g) }
func (c *collector) Manifest(n Manifest)       { c.counted = n }
func (c *collector) Labels(l LabelSet)         { c.labels = append(c.labels, l) }
func (c *collector) Remotes(g RemoteSet)       { c.remotes = append(c.remotes, g) }
func (c *collector) Retired(r SegmentRef)      { c.list = append(c.list, r) }

func TestFooterTellsWhatItWasTold(t *testing.T) {
	var want collector
	foot := NewFooter()
	foot.End = 77
	foot.Lifetime, foot.Epoch = Lifetime{In: 1, Copied: 2, Padded: 3, Flushes: 4}, 2
	for _, v := range []Visitor{&want, foot} {
		v.Message(Summary{Offset: 4096, Tag: 10, First: Identity{Epoch: 1, Seq: 0}, Octets: 500, Day: 20_000, Recipients: []Recipient{{Key: 5, Head: 20}}, Extents: nil})
		v.Message(Summary{Offset: 8192, Tag: 11, First: Identity{Epoch: 2, Seq: 7}, Octets: 600, Day: 19_999, Recipients: []Recipient{{Key: 5, Head: 20}, {Key: 6, Head: 21}}, UID: []byte("old-uid"), Extents: []Extent{{Slot: 3, Segment: 9, Page: 1, Length: 300_000, Sum: 42}}})
		v.Tombstones(TombstoneSet{Key: 5, Segment: 1, Epoch: 1, Tag: 10, Seqs: []uint32{0, 1, 1000}})
		v.Retired(SegmentRef{Slot: 4, Segment: 1})
		v.Manifest(Manifest{UpTo: 9, Segments: []SegmentRef{{Slot: 1, Segment: 7}, {Slot: 3, Segment: 8}}})
		v.Labels(LabelSet{Label: "bin", Key: 5, Day: 20_001, Epoch: 2, Tag: 11, Seqs: []uint32{7, 9}})
		v.Remotes(RemoteSet{Account: 3, Key: 5, Day: 20_001, Epoch: 2, Tag: 11, IDs: []RemoteID{{ID: [12]byte{1}, Seq: 7}}})
	}
	var got collector
	seal, err := DecodeFooter(foot.Encode(), &got)
	if err != nil || !reflect.DeepEqual(seal, foot.Sealing) {
		t.Fatalf("%+v, %v, want %+v", seal, err, foot.Sealing)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
