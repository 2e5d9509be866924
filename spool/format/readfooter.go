package format

import (
	"errors"
	"io"

	"pillarbox/spool/flash"
)

// ReadFooter reads the footer of a sealed segment and calls v with its contents. It reads into
// *room, which it replaces by a larger buffer if needed; room may be nil. It returns ErrUnreadable
// if there is no footer.
func ReadFooter(file flash.File, f *Format, segment uint64, v Visitor, room *[]byte) (seal Sealing, err error) {
	seed := f.Seed(segment)
	if room == nil {
		room = new([]byte)
	}
	if len(*room) < flash.Page {
		*room = make([]byte, flash.Page)
	}
	last := (*room)[:flash.Page]
	n, err := file.ReadAt(last, f.SlotSize-flash.Page)
	if n < len(last) {
		if err == nil || errors.Is(err, io.EOF) {
			err = ErrUnreadable
		}
		return seal, err
	}
	length, err := decodeTrailer(last[flash.Page-TrailerSize:], segment, seed)
	if err != nil {
		return seal, err
	}
	if length < FrameSize || length > f.SlotSize-2*flash.Page {
		return seal, ErrUnreadable
	}
	var record []byte
	if length <= flash.Page-TrailerSize {
		record = last[flash.Page-TrailerSize-length:][:length]
	} else {
		if int64(len(*room)) < flash.Page+length {
			*room = make([]byte, flash.Page+length+length/4)
		}
		record = (*room)[flash.Page:][:length]
		rest := record[:length-(flash.Page-TrailerSize)]
		copy(record[len(rest):], last)
		if _, err := file.ReadAt(rest, f.SlotSize-TrailerSize-length); err != nil {
			return seal, err
		}
	}
	fr, err := DecodeFrame(record, length)
	if err != nil || fr.Kind != kindFooter || int64(fr.Length) != length || !VerifyHead(record, seed) {
		return seal, ErrUnreadable
	}
	meta := record[FrameSize:]
	if _, err := DecodeFooter(meta, nil); err != nil {
		return seal, err
	}
	return DecodeFooter(meta, v)
}
