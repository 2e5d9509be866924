package recovery

import (
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// An image is a spool that a test lays on a device record by record, so that a start can be given
// what no writer would leave.
type image struct {
	t       testing.TB
	dev     *flashtest.Device
	f       *format.Format
	epoch   uint32 // of the batches that follow
	tag     uint64
	version uint16 // of the headers that follow
	flushes uint64
	index   index.Options
}

const (
	testSlot = format.MinSlotSize
	today    = 20_000
)

func newImage(t testing.TB) *image {
	t.Helper()
	im := &image{t: t, dev: flashtest.New(flashtest.Options{}), epoch: 1, tag: 1001, version: format.Version1}
	im.f = &format.Format{SlotSize: testSlot, ID: [16]byte{5, 6, 7}}
	im.index.Today = func() uint16 { return today }
	im.storeFormat(im.f.String())
	return im
}

func (im *image) must(err error) {
	im.t.Helper()
	if err != nil {
		im.t.Fatal(err)
	}
}

func (im *image) storeFormat(text string) {
	im.t.Helper()
	im.must(im.dev.Store(format.Name, []byte(text)))
}

// A laid segment is one that a test is filling.
type laid struct {
	im   *image
	h    format.Header
	file flash.File
	page uint32 // where the next batch begins
	foot *format.Footer
}

// begin lays the header of a segment into a slot, which is made if there is none.
func (im *image) begin(slot uint32, segment uint64, class format.Class) *laid {
	im.t.Helper()
	return im.beginBehind(slot, segment, class, nil)
}

// beginBehind does that with a segment before it.
func (im *image) beginBehind(slot uint32, segment uint64, class format.Class, before *laid) *laid {
	im.t.Helper()
	h := format.Header{Class: class, Segment: segment, Slot: slot, Epoch: im.epoch, Tag: im.tag, Version: im.version}
	if before != nil {
		h.Previous, h.PreviousEnd = before.h.Segment, before.page
	}
	name := slots.Name(slot)
	if im.dev.Bytes(name) == nil {
		file, err := im.dev.Create(name, testSlot)
		im.must(err)
		file.Close()
	}
	file, err := im.dev.Open(name)
	im.must(err)
	im.t.Cleanup(func() { file.Close() })
	page := flash.Aligned(flash.Page)
	h.Encode(page, im.f)
	_, err = file.WriteAt(page, 0)
	im.must(err)
	return &laid{im: im, h: h, file: file, page: format.FirstUnit, foot: format.NewFooter()}
}

// A record is one of a batch: its kind, its meta for a segment's seed, its body, and what a footer
// says of it.
type record struct {
	kind   format.Kind
	encode func(seed uint32) (meta, body []byte)
	note   func(foot *format.Footer, off int64)
}

// mail is a message for some mailboxes; the first has number seq of the image's open.
func (im *image) mail(seq uint32, keys ...format.Key) record {
	return im.message(format.KindMessage, format.Message{First: format.Identity{Epoch: im.epoch, Seq: seq}}, keys...)
}

// moved is the same message, moved.
func (im *image) moved(seq uint32, keys ...format.Key) record {
	return im.message(format.KindMoved, format.Message{First: format.Identity{Epoch: im.epoch, Seq: seq}}, keys...)
}

// message is any message.
func (im *image) message(kind format.Kind, m format.Message, keys ...format.Key) record {
	m.Tag, m.Received = im.tag, today*86400
	for _, key := range keys {
		m.Recipients = append(m.Recipients, format.Recipient{Key: key})
	}
	body := fmt.Appendf(nil, "Subject: %d\r\n\r\n.\r\n", m.First.Seq)
	if len(m.Extents) > 0 {
		body = nil
	}
	m.Octets = uint32(len(body))
	return record{kind, func(seed uint32) ([]byte, []byte) {
		m.Sum = crc32.Update(seed, format.Castagnoli, body)
		return m.Encode(nil), body
	}, func(foot *format.Footer, off int64) { foot.Message(m.Summary(off)) }}
}

// plain is a record without a body.
func plain(kind format.Kind, meta []byte, note func(foot *format.Footer)) record {
	return record{kind, func(uint32) ([]byte, []byte) { return meta, nil }, func(foot *format.Footer, _ int64) { note(foot) }}
}

// expunged is a tombstone of messages that a segment holds.
func (im *image) expunged(segment uint64, key format.Key, seqs ...uint32) record {
	g := format.TombstoneSet{Key: key, Segment: segment, Epoch: im.epoch, Tag: im.tag, Seqs: seqs}
	return plain(format.KindTombstones, format.EncodeTombstones([]format.TombstoneSet{g}), func(foot *format.Footer) { foot.Tombstones(g) })
}

// retired retires segments.
func retired(list ...format.SegmentRef) record {
	return plain(format.KindRetire, format.EncodeRetired(list), func(foot *format.Footer) {
		for _, r := range list {
			foot.Retired(r)
		}
	})
}

// manifest says which segments count.
func manifest(upTo uint64, list ...format.SegmentRef) record {
	m := format.Manifest{UpTo: upTo, Segments: list}
	return plain(format.KindManifest, m.Append(nil), func(foot *format.Footer) { foot.Manifest(m) })
}

// labelled gives messages a label.
func (im *image) labelled(label string, key format.Key, day uint16, seqs ...uint32) record {
	g := format.LabelSet{Label: label, Key: key, Day: day, Epoch: im.epoch, Tag: im.tag, Seqs: seqs}
	return plain(format.KindLabels, format.EncodeLabels([]format.LabelSet{g}), func(foot *format.Footer) { foot.Labels(g) })
}

// remote says how messages are called at a provider.
func (im *image) remote(settled bool, key format.Key, seqs ...uint32) record {
	g := format.RemoteSet{Account: 7, Key: key, Epoch: im.epoch, Tag: im.tag, Settled: settled}
	for _, seq := range seqs {
		g.IDs = append(g.IDs, format.RemoteID{ID: index.ID{byte(seq)}, Seq: seq})
	}
	return plain(format.KindRemotes, format.EncodeRemotes([]format.RemoteSet{g}), func(foot *format.Footer) { foot.Remotes(g) })
}

// batch lays a batch behind the others and flushes it. It returns the page where it begins.
func (s *laid) batch(records ...record) (page uint32) {
	s.im.t.Helper()
	page = s.page
	s.at(page, page, records...)
	return page
}

// at lays a batch at a page. durable is how many pages it says were durable before it.
func (s *laid) at(page, durable uint32, records ...record) {
	im := s.im
	im.t.Helper()
	im.flushes++
	seed := im.f.Seed(s.h.Segment)
	b := make([]byte, format.BatchHeaderSize)
	for _, r := range records {
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		off := int64(page)*format.Unit + int64(len(b))
		meta, body := r.encode(seed)
		b = format.AppendHead(b, r.kind, im.tag, seed, meta, int64(len(body)))
		b = append(b, body...)
		r.note(s.foot, off)
	}
	h := format.BatchHeader{
		Segment: s.h.Segment, Tag: im.tag, Epoch: im.epoch, Page: page, Length: uint32(len(b)), Records: uint32(len(records)),
		Durable: durable, Lifetime: format.Lifetime{Flushes: im.flushes},
	}
	h.Encode(b, im.f)
	pages := flash.Aligned(int(format.PagesOf(int64(len(b)))) * flash.Page)
	copy(pages, b)
	_, err := s.file.WriteAt(pages, int64(page)*format.Unit)
	im.must(err)
	im.must(s.file.Sync())
	s.page = h.Next()
}

// seal lays the footer of the segment.
func (s *laid) seal() *laid {
	im := s.im
	im.t.Helper()
	s.foot.End, s.foot.Lifetime = s.page, format.Lifetime{Flushes: im.flushes}
	s.foot.Epochs.Position(format.EpochTag{Epoch: im.epoch, Tag: im.tag})
	pages := s.foot.Seal(s.h.Segment, im.tag, im.f.Seed(s.h.Segment))
	_, err := s.file.WriteAt(pages, testSlot-int64(len(pages)))
	im.must(err)
	im.must(s.file.Sync())
	return s
}

// ref names the segment.
func (s *laid) ref() format.SegmentRef {
	return format.SegmentRef{Slot: s.h.Slot, Segment: s.h.Segment}
}

// damage flips bits of a byte in a page of the segment's slot.
func (s *laid) damage(page uint32, off int64) {
	s.im.dev.Corrupt(slots.Name(s.h.Slot), int64(page)*format.Unit+off, 0x5a)
}

// options are what the image is opened with.
func (im *image) options() Options {
	return Options{
		Volume: im.dev, SlotSize: testSlot, Capacity: 16 * testSlot, Index: im.index, Rand: strings.NewReader(strings.Repeat("random..", 20)),
		Step: func() {}, Wake: func() {},
	}
}

// open opens the image, which must work.
func (im *image) open() *Spool {
	im.t.Helper()
	s, err := Open(context.Background(), im.options())
	im.must(err)
	im.t.Cleanup(func() { s.Log.Close() })
	return s
}

// has returns the numbers of the messages that live in a mailbox, as text: "0 3 7".
func has(s *Spool, key format.Key) string {
	var list []string
	s.Index.Read(func(d *index.Data) {
		box := d.Mailboxes[key]
		for i := 0; box != nil && i < box.Entries.N; i++ {
			if !box.Dead.Has(i) {
				list = append(list, fmt.Sprint(box.Entries.Identity(i).Seq))
			}
		}
	})
	return strings.Join(list, " ")
}

// holds compares what the mailboxes hold: "1: 0 3, 2: 7".
func (im *image) holds(s *Spool, want string) {
	im.t.Helper()
	var list []string
	for _, box := range s.Index.Mailboxes() {
		list = append(list, fmt.Sprintf("%d: %s", box.Key, has(s, box.Key)))
	}
	if got := strings.Join(list, ", "); got != want {
		im.t.Errorf("it holds %q, want %q", got, want)
	}
}

// damaged compares how many records count as damaged, and whether the newest batch is torn.
func (im *image) damaged(s *Spool, records int, torn bool) {
	im.t.Helper()
	if got := s.Log.Counters().Damaged; got != records || s.Torn != torn {
		im.t.Errorf("%d records are damaged, torn %v; want %d, %v", got, s.Torn, records, torn)
	}
}

// counting returns the numbers of the segments that count.
func counting(s *Spool) (list []uint64) {
	for _, g := range s.Table.Segments() {
		if g.Counts() {
			list = append(list, g.Header.Segment)
		}
	}
	slices.Sort(list)
	return list
}
