package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// noMbox returns the error for a file that begins with the given line.
func noMbox(line []byte) error {
	switch {
	case isMark(line):
		return fmt.Errorf("not an mbox: no header field follows its first line %.60q", line)
	case gradeField(line) == usualField:
		return errors.New("not an mbox but a single message: put it into a folder DIR/new and import DIR with -format maildir")
	}
	return fmt.Errorf("not an mbox: it does not begin with %q", mark)
}

// refuse returns an error for what other formats begin with.
func refuse(start []byte) error {
	if form := packedForm(start); form != "" {
		return fmt.Errorf("compressed (%s): unpack it first", form)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("not an mbox but UTF-16 text: save it in its old encoding, or as UTF-8")
	case bytes.HasPrefix(start, []byte("\x01\x01\x01\x01\n")):
		return errors.New("an MMDF mailbox, which is not supported: convert it to mbox first")
	}
	return nil
}

// mostUnpacked bounds what a compressed message becomes, in octets: a message of 100 KB can be made
// to unpack to 100 MB.
const mostUnpacked = 256 << 20

// mostWindow bounds the memory for zstd, in octets. The format asks every reader for that much (RFC
// 8878 §3.1.1.1.2); Dovecot's levels up to 19 need no more.
const mostWindow = 8 << 20

// packings are what Dovecot's plugins put in the place of a message. A name without open is not
// supported.
var packings = []struct {
	name, magic string
	open        func(io.Reader) (io.ReadCloser, error)
}{
	{"gzip", "\x1f\x8b", openGzip},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"bzip2", "BZh", nil},
	{"xz", "\xfd7zXZ\x00", nil},
	{"lz4", "Dovecot-LZ4\x0d\x2a\x9b\xc5", nil},
	{"lz4", "\x04\x22\x4d\x18", nil},
	{"encryption by Dovecot", "CRYPTED\x03\x07", nil},
}

// packedForm returns the name of the packing whose file begins with start, "" if there is none.
func packedForm(start []byte) string {
	for _, p := range packings {
		if bytes.HasPrefix(start, []byte(p.magic)) && (p.name != "bzip2" || len(start) > 9 && string(start[4:10]) == "1AY&SY") {
			return p.name
		}
	}
	return ""
}

// unpack returns a reader of what is packed in r. It needs 40 KiB for gzip, up to 10 MiB for zstd.
func unpack(form string, r io.Reader) (io.ReadCloser, error) {
	for _, p := range packings {
		if p.name == form && p.open != nil {
			from, err := p.open(r)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", form, err)
			}
			return &unpacked{form: form, from: from, left: mostUnpacked}, nil
		}
	}
	return nil, fmt.Errorf("packed in a way that is not supported (%s): unpack it first", form)
}

func openGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(mostWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// An unpacked reader names the packing in its errors, and ends in one when more than left octets
// come.
type unpacked struct {
	form string
	from io.ReadCloser
	left int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, fmt.Errorf("%s: unpacks to more than %d MiB", u.form, mostUnpacked>>20)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", u.form, err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.from.Close() }

// errBinary is returned for what begins neither like a message nor like text.
var errBinary = errors.New("not a message: it begins with binary data")
