package format

import "github.com/tinylib/msgp/msgp"

// A reader decodes msgp values from untrusted bytes. After the first value that is not of the
// expected kind err is set and every value reads as zero, so that a decoder checks once, at its
// end.
type reader struct {
	rest  []byte
	err   error
	blank bool // strings are only checked, and read as ""
}

// array returns how many values follow. Each takes at least one byte, so that no count can claim
// more memory than there are bytes.
func (r *reader) array() int {
	if r.err != nil {
		return 0
	}
	n, rest, err := msgp.ReadArrayHeaderBytes(r.rest)
	if err != nil || int64(n) > int64(len(rest)) {
		r.err = ErrUnreadable
		return 0
	}
	r.rest = rest
	return int(n)
}

func (r *reader) uint64() uint64 {
	if r.err != nil {
		return 0
	}
	v, rest, err := msgp.ReadUint64Bytes(r.rest)
	if err != nil {
		r.err = ErrUnreadable
		return 0
	}
	r.rest = rest
	return v
}

func (r *reader) uint32() uint32 {
	v := r.uint64()
	if v > 1<<32-1 {
		r.err = ErrUnreadable
		return 0
	}
	return uint32(v)
}

func (r *reader) int64() int64 {
	if r.err != nil {
		return 0
	}
	v, rest, err := msgp.ReadInt64Bytes(r.rest)
	if err != nil {
		r.err = ErrUnreadable
		return 0
	}
	r.rest = rest
	return v
}

// text returns a string of at most limit bytes.
func (r *reader) text(limit int) string {
	if s := r.textBytes(limit); !r.blank {
		return string(s)
	}
	return ""
}

// textBytes is text without a copy: the bytes are valid as long as the input.
func (r *reader) textBytes(limit int) []byte {
	if r.err != nil {
		return nil
	}
	v, rest, err := msgp.ReadStringZC(r.rest)
	if err != nil || len(v) > limit {
		r.err = ErrUnreadable
		return nil
	}
	r.rest = rest
	return v
}

// octets returns a binary value of exactly n bytes, which are valid as long as the input.
func (r *reader) octets(n int) []byte {
	if r.err != nil {
		return nil
	}
	v, rest, err := msgp.ReadBytesZC(r.rest)
	if err != nil || len(v) != n {
		r.err = ErrUnreadable
		return nil
	}
	r.rest = rest
	return v
}

// end returns the error of all reads. Bytes that are left over are an error as well.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = ErrUnreadable
	}
	return r.err
}

// pairs reads the header of an array of pairs and returns their number.
func (r *reader) pairs() int {
	n := r.array()
	if n%2 != 0 {
		r.err = ErrUnreadable
	}
	return n / 2
}
