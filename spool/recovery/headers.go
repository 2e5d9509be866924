package recovery

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// slotNames returns the slot files; a file of another name makes the folder foreign.
func slotNames(vol flash.Volume) ([]string, error) {
	names, err := vol.Names()
	if err != nil {
		return nil, fmt.Errorf("list the spool: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == format.Name })
	for _, name := range names {
		if _, ok := slots.ParseName(name); !ok {
			return nil, fmt.Errorf("%w: it holds a file %q, which is none of a spool's", format.ErrForeign, name)
		}
	}
	return names, nil
}

// headers is what the headers of all slots say. Page 0 is read through the page cache and outside
// of any table: which slots there are is what comes of it. It is the only part of a start that
// grows with the number of slots that hold nothing, a page for each.
type headers struct {
	opt    *Options
	format *format.Format

	segments found
	epoch    uint32 // the greatest that was seen
	torn     bool   // a header and the first batch behind it did not read
}

// read finds out which segment lives in each slot.
func (h *headers) read(names []string) error {
	page := flash.Aligned(flash.Page)
	for _, name := range names {
		h.opt.Step()
		if err := h.readSlot(name, page); err != nil {
			return err
		}
	}
	return nil
}

// readSlot finds out which segment lives in a slot. page is an aligned one to read through.
func (h *headers) readSlot(name string, page []byte) error {
	number, _ := slots.ParseName(name)
	if number >= slots.MaxNumber {
		return fmt.Errorf("%w: slot %d is beyond any capacity", format.ErrForeign, number)
	}
	file, err := h.opt.Volume.Open(name)
	if err != nil {
		return fmt.Errorf("open slot %d: %w", number, err)
	}
	defer file.Close()
	// Where slots grow, a file may end before its header does.
	n, err := file.ReadAt(page, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read slot %d: %w", number, err)
	}
	clear(page[n:])
	g := &segment{Segment: slots.Segment{Slot: number}}
	g.Header, err = format.DecodeHeader(page, number, h.format)
	if errors.Is(err, format.ErrUnreadable) {
		err = h.guess(g, file, page)
	}
	if err != nil {
		return err
	}
	// A segment of version 2 may hold what version 1 does not know, whatever FORMAT says.
	h.format.Version = max(h.format.Version, int(g.Header.Version))
	h.segments.add(g)
	h.epoch = max(h.epoch, g.Header.Epoch)
	return nil
}

// guess finds out what a slot with a damaged header holds, by its batches. A header and the first
// batch are flushed together, so only a second batch proves that they were acknowledged. A slot
// that was never used begins with a page of zeros.
func (h *headers) guess(g *segment, file flash.File, page []byte) error {
	g.Header = format.Header{}
	if len(slices.Compact(slices.Clone(page))) == 1 && page[0] == 0 {
		return nil
	}
	// A wrong guess in favour of a segment that was written over would bring mail back; the
	// manifest of the newest hot segment prevents that (loadLog). A wrong guess against one loses
	// mail.
	//
	// Batches begin on any page, so all of them are looked at. What was left of earlier segments
	// does not matter: the number of the segment is in the batch, and the highest one counts.
	w := format.NewWindow(file, h.format.SlotSize, nil)
	for p := uint32(format.FirstUnit); int64(p)*format.Unit+format.BatchHeaderSize <= h.format.SlotSize; p++ {
		head, err := w.Bytes(int64(p)*format.Unit, format.BatchHeaderSize)
		if err != nil {
			return fmt.Errorf("read slot %d: %w", g.Slot, err)
		}
		b, err := format.DecodeBatch(head, p, h.format)
		switch {
		case err != nil || b.Segment <= g.Header.Segment:
		case p == format.FirstUnit:
			// Its header was to be flushed with it, and is not there: it was never acknowledged.
			h.torn = true
		default:
			g.Header = format.Header{Class: format.ClassLog, Segment: b.Segment, Slot: g.Slot, Epoch: b.Epoch, Tag: b.Tag}
		}
	}
	// Where it ends, and which segment it follows, is in the header that was lost: nothing may be
	// written behind what it holds.
	g.Sealed, g.guessed = true, true
	return nil
}
