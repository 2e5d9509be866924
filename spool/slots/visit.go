package slots

import (
	"errors"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// NewScan returns a scan of a log segment, record by record. known is the page where it ended, if
// a later segment says so, else 0; buf is what an earlier scan read with, or nil.
func NewScan(file flash.File, g *Segment, f *format.Format, known uint32, v format.Visitor, buf []byte) *format.Scan {
	segment := g.Header.Segment
	return &format.Scan{
		// The number of a segment whose header was lost is drawn again: batches from before are of
		// an earlier open.
		Epoch: g.Header.Epoch,
		Tag:   g.Header.Tag,

		Window:  format.NewWindow(file, f.SlotSize, buf),
		Format:  f,
		Segment: segment,
		Seed:    f.Seed(segment),
		Known:   known,
		Visit:   v,
	}
}

// VisitFile calls v with what a sealed log segment holds: with its footer, or if that does not
// read, with its records.
func VisitFile(file flash.File, g *Segment, f *format.Format, v format.Visitor) error {
	_, err := format.ReadFooter(file, f, g.Header.Segment, v)
	if errors.Is(err, format.ErrUnreadable) {
		err = NewScan(file, g, f, g.End, v, nil).Run()
	}
	return err
}
