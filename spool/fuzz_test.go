package spool

import (
	"bytes"
	"context"
	"testing"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// FuzzOpen puts bytes into a slot, sums mended where they make a header or a batch. The spool must
// open or refuse, and serve what verifies.
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
	f.Add(uint8(1), uint16(testSlot-format.TrailerSize), []byte(format.TrailerMagic), false)
	f.Fuzz(func(t *testing.T, number uint8, at uint16, edit []byte, mend bool) {
		dev := dev.Clone()
		name := slots.Name(uint32(number % 4))
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
func mendSums(slot []byte, f *format.Format) {
	resum(slot)
	for at := flash.Page; at < len(slot); at += flash.Page {
		p := slot[at:]
		if bytes.Equal(p[:4], []byte("BTCH")) {
			resumBatch(p, f)
		}
	}
}
