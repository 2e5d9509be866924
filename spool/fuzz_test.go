package spool

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

func FuzzMeta(f *testing.F) {
	m := message{tag: 1 << 60, first: identity{3, 4}, received: -5, from: "a@b", octets: 6, header: 7, sum: 8,
		recipients: []recipient{{9, 10}, {11, 12}}, uid: "old", extents: []extent{{1, 2, 3, 4, 5}}}
	foot := newFooter()
	foot.message(m.summary(4096))
	foot.grave(grave{1, 2, 3, 4, []uint32{5, 6, 700}})
	foot.retired(retired{1, 2})
	f.Add(m.encode(nil))
	f.Add(encodeTombs([]grave{{1, 2, 3, 4, []uint32{5, 6, 700}}}))
	f.Add(encodeRetired([]retired{{1, 2}}))
	f.Add(foot.encode())
	f.Fuzz(func(t *testing.T, meta []byte) {
		if m, err := decodeMessage(meta); err == nil {
			if again, err := decodeMessage(m.encode(nil)); err != nil || !reflect.DeepEqual(m, again) {
				t.Errorf("message %+v is read back as %+v, %v", m, again, err)
			}
		}
		if g, err := decodeTombs(meta); err == nil {
			if again, err := decodeTombs(encodeTombs(g)); err != nil || !reflect.DeepEqual(g, again) {
				t.Errorf("graves %+v are read back as %+v, %v", g, again, err)
			}
		}
		if r, err := decodeRetired(meta); err == nil {
			if again, err := decodeRetired(encodeRetired(r)); err != nil || !reflect.DeepEqual(r, again) {
				t.Errorf("retired %+v are read back as %+v, %v", r, again, err)
			}
		}
		decodeFooter(meta, &collector{})
	})
}

// A collector keeps what a visitor is told.
type collector struct {
	messages []summary
	graves   []grave
	list     []retired
	counted  census
	labels   []labelled
}

func (c *collector) message(s summary)   { c.messages = append(c.messages, s) }
func (c *collector) grave(g grave)       { c.graves = append(c.graves, g) }
func (c *collector) census(n census)     { c.counted = n }
func (c *collector) labelled(l labelled) { c.labels = append(c.labels, l) }
func (c *collector) retired(r retired)   { c.list = append(c.list, r) }

func TestFooterTellsWhatItWasTold(t *testing.T) {
	var want collector
	foot := newFooter()
	foot.end = 77
	foot.lifetime, foot.epoch = Lifetime{1, 2, 3, 4}, 2
	for _, v := range []visitor{&want, foot} {
		v.message(summary{4096, 10, identity{1, 0}, 500, 20_000, []recipient{{5, 20}}, "", nil})
		v.message(summary{8192, 11, identity{2, 7}, 600, 19_999, []recipient{{5, 20}, {6, 21}}, "old-uid", []extent{{3, 9, 1, 300_000, 42}}})
		v.grave(grave{5, 1, 1, 10, []uint32{0, 1, 1000}})
		v.retired(retired{4, 1})
		v.census(census{9, []retired{{1, 7}, {3, 8}}})
		v.labelled(labelled{"bin", 5, 20_001, 2, 11, []uint32{7, 9}})
	}
	var got collector
	seal, err := decodeFooter(foot.encode(), &got)
	if err != nil || !reflect.DeepEqual(seal, foot.sealing) {
		t.Fatalf("%+v, %v, want %+v", seal, err, foot.sealing)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// FuzzOpen puts bytes into a slot, sums mended where they make a header or a batch. The spool must open or refuse, and serve what verifies.
func FuzzOpen(f *testing.F) {
	dev := flashtest.New(flashtest.Options{})
	c := &crash{steps: faultSteps()}
	s, err := c.open(dev)
	if err != nil {
		f.Fatal(err)
	}
	newOracle().run(s, c.steps, nil)
	id := s.format
	s.Close()
	f.Add(uint8(0), uint16(0), []byte("PLRBSEG"), true)
	f.Add(uint8(0), uint16(flash.Page), []byte("BTCH"), true)
	f.Add(uint8(1), uint16(testSlot-trailerSize), []byte(trailerMagic), false)
	f.Fuzz(func(t *testing.T, number uint8, at uint16, edit []byte, mend bool) {
		dev := dev.Clone()
		name := slotName(uint32(number % 4))
		content := dev.Bytes(name)
		if content == nil {
			return
		}
		page := flash.Aligned(len(content))
		copy(page, content)
		copy(page[min(int(at), len(page)):], edit)
		if mend {
			mendSums(page, id)
		}
		file, err := dev.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		file.WriteAt(page, 0)
		file.Sync()
		file.Close()
		s, err := Open(context.Background(), options(dev))
		if err != nil {
			return
		}
		defer s.Close()
		for key := Key(0); key < 4; key++ {
			v, _ := s.View(key)
			for n := 1; n <= v.Len(); n++ {
				readMessage(v, n)
			}
		}
		if err := s.recount(); err != nil {
			t.Error(err)
		}
		if err := deliver(s, mail("after", 100), 1); err != nil {
			t.Errorf("no mail is taken: %v", err)
		}
	})
}

// mendSums makes the header and every batch header of a slot verify.
func mendSums(slot []byte, f *format) {
	resum(slot)
	for at := flash.Page; at < len(slot); at += flash.Page {
		p := slot[at:]
		if bytes.Equal(p[:4], []byte("BTCH")) {
			resumBatch(p, f)
		}
	}
}
