package recovery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// loadFormat reads FORMAT. If it is lost or damaged, the slot headers, when they agree, tell the
// same; then lost is true. The format is nil if this is no spool yet.
func loadFormat(opt *Options, slots []string) (f *format.Format, lost bool, err error) {
	text, err := opt.Volume.Load(format.Name)
	switch {
	case err == nil:
		f, err = format.Parse(text)
	case !errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("read %s: %w", format.Name, err)
	}
	// These are left alone whatever the slots say. All else is damage, which a start survives.
	if errors.Is(err, format.ErrVersion) || errors.Is(err, flash.ErrForeign) {
		return nil, false, err // a later version, or something that was put in its place
	}
	if len(slots) == 0 {
		if errors.Is(err, os.ErrNotExist) || len(bytes.Trim(text, "\x00")) == 0 && err != nil && text != nil {
			return nil, false, nil
		}
		return f, false, err
	}
	// Also where FORMAT reads: one flipped bit of the id gives another one, which has no checksum
	// in version 1, and every slot would be refused as that of another spool.
	stated, agree, headErr := formatOfHeaders(opt, slots, f)
	switch {
	case headErr != nil && f == nil:
		return nil, false, headErr
	// FORMAT is believed unless every slot that can be read says otherwise, all of them the same:
	// then it is FORMAT that is damaged.
	case f != nil && (!agree || stated == nil || stated.SameSpool(f)):
		return f, false, nil // a slot that does not agree with FORMAT is refused when it is opened
	case agree && stated != nil:
		return stated, true, nil
	case agree && errors.Is(err, os.ErrNotExist):
		return nil, false, fmt.Errorf("%w: %s is missing and no slot says what it held", format.ErrForeign, format.Name)
	case agree:
		return nil, false, fmt.Errorf("%w, and no slot says what it held", err)
	}
	return nil, false, fmt.Errorf("%w: %s is lost, and its slots are of more than one spool", format.ErrForeign, format.Name)
}

// formatOfHeaders reads what the slot headers tell of the format; nil if none can be read. They
// agree if those that can be read say the same. The first one that says what is known is enough.
// It reads a page of each slot, which the start reads next anyway.
func formatOfHeaders(opt *Options, slots []string, known *format.Format) (stated *format.Format, agree bool, err error) {
	page := flash.Aligned(flash.Page)
	for _, name := range slots {
		opt.Step()
		file, err := opt.Volume.Open(name)
		if err != nil {
			return nil, false, fmt.Errorf("open slot %s: %w", name, err)
		}
		// A slot that does not read says nothing of the format. It is an error when it is opened as
		// a slot, if it is still one then.
		_, err = file.ReadAt(page, 0)
		file.Close()
		if err != nil {
			continue
		}
		f, err := format.FormatOfHeader(page)
		switch {
		case errors.Is(err, format.ErrVersion):
			return nil, false, err
		case err != nil:
		case stated == nil:
			if stated = f; known != nil && stated.SameSpool(known) {
				return stated, true, nil
			}
		case !stated.SameSpool(f):
			// Which of the two belongs to this spool cannot be decided.
			return nil, false, nil
		default:
			stated.Version = max(stated.Version, f.Version)
		}
	}
	return stated, true, nil
}

// makeFormat begins a new spool.
func makeFormat(opt *Options) (*format.Format, error) {
	f := &format.Format{SlotSize: opt.SlotSize}
	if !format.ValidSlotSize(f.SlotSize) {
		return nil, fmt.Errorf("spool: a slot has %d…%d bytes, a multiple of %d, not %d", format.MinSlotSize, format.MaxSlotSize, flash.Page, f.SlotSize)
	}
	if _, err := io.ReadFull(opt.Rand, f.ID[:]); err != nil {
		return nil, fmt.Errorf("spool: no random numbers: %w", err)
	}
	// Before the first slot: a slot without FORMAT is what is left of a spool, and not the
	// beginning of one.
	if err := opt.Volume.Store(format.Name, []byte(f.String())); err != nil {
		return nil, fmt.Errorf("write %s: %w", format.Name, err)
	}
	return f, nil
}

// upgrade writes FORMAT as that of version 2.
func upgrade(volume flash.Volume, f format.Format) error {
	f.Version = format.Version2
	return volume.Store(format.Name, []byte(f.String()))
}
