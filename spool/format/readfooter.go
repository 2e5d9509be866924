package format

import (
	"errors"
	"io"

	"pillarbox/spool/flash"
)

// A FooterReader reads footers of a spool one after the other into the same memory.
type FooterReader struct {
	Format *Format
	Buf    []byte // as that of a Window; replaced by a larger one if needed
	footerDecoder
}

// ReadFooter reads the footer of a sealed segment and calls v with its contents, if all of it
// decodes. It returns ErrUnreadable if there is no footer.
func ReadFooter(file flash.File, f *Format, segment uint64, v Visitor) (seal Sealing, err error) {
	r := FooterReader{Format: f}
	meta, err := r.read(file, segment)
	if err != nil {
		return seal, err
	}
	if _, err := r.decode(meta, nil); err != nil {
		return seal, err
	}
	return r.decode(meta, v)
}

// ReadOnce is ReadFooter in one pass. If it returns an error, some messages may have been visited,
// and nothing else.
func (r *FooterReader) ReadOnce(file flash.File, segment uint64, v Visitor) (seal Sealing, err error) {
	meta, err := r.read(file, segment)
	if err != nil {
		return seal, err
	}
	return r.decode(meta, v)
}

// Messages is ReadOnce for the messages alone: what follows them is not decoded.
func (r *FooterReader) Messages(file flash.File, segment uint64, v Visitor) error {
	meta, err := r.read(file, segment)
	if err != nil {
		return err
	}
	in := reader{rest: meta}
	r.messages(&in, v)
	return in.err
}

// read returns the meta of the footer, which verifies. It is valid until the next call.
func (r *FooterReader) read(file flash.File, segment uint64) (meta []byte, err error) {
	f, seed := r.Format, r.Format.Seed(segment)
	if r.Buf == nil {
		r.Buf = flash.Aligned(int(min(windowSize, f.SlotSize)))
	}
	last := r.Buf[:flash.Page]
	n, err := file.ReadAt(last, f.SlotSize-flash.Page)
	if n < len(last) {
		if err == nil || errors.Is(err, io.EOF) {
			err = ErrUnreadable
		}
		return nil, err
	}
	length, err := decodeTrailer(last[flash.Page-TrailerSize:], segment, seed)
	if err != nil {
		return nil, err
	}
	if length < FrameSize || length > f.SlotSize-2*flash.Page {
		return nil, ErrUnreadable
	}
	var record []byte
	if length <= flash.Page-TrailerSize {
		record = last[flash.Page-TrailerSize-length:][:length]
	} else {
		if int64(len(r.Buf)) < flash.Page+length {
			r.Buf = flash.Aligned(int(2*flash.Page+length+length/4-1) &^ (flash.Page - 1))
		}
		record = r.Buf[flash.Page:][:length]
		rest := record[:length-(flash.Page-TrailerSize)]
		copy(record[len(rest):], last)
		if _, err := file.ReadAt(rest, f.SlotSize-TrailerSize-length); err != nil {
			return nil, err
		}
	}
	fr, err := DecodeFrame(record, length)
	if err != nil || fr.Kind != kindFooter || int64(fr.Length) != length || !VerifyHead(record, seed) {
		return nil, ErrUnreadable
	}
	return record[FrameSize:], nil
}
