package spool

import "pillarbox/spool/msgp"

// A reader takes msgp values from bytes that may be anything. After the first value that is not what it should be
// everything reads as zero and err is set, so a decoder checks once, at its end.
type reader struct {
	rest []byte
	err  error
}

// array returns how many values follow. Each takes at least a byte, so no count can
// ask for more memory than the bytes that are there.
func (r *reader) array() int {
	if r.err != nil {
		return 0
	}
	n, rest, ok := msgp.ReadArrayHeader(r.rest)
	if !ok || int64(n) > int64(len(rest)) {
		r.err = errUnreadable
		return 0
	}
	r.rest = rest
	return int(n)
}

func (r *reader) uint64() uint64 {
	if r.err != nil {
		return 0
	}
	v, rest, ok := msgp.ReadUint64(r.rest)
	if !ok {
		r.err = errUnreadable
		return 0
	}
	r.rest = rest
	return v
}

func (r *reader) uint32() uint32 {
	v := r.uint64()
	if v > 1<<32-1 {
		r.err = errUnreadable
		return 0
	}
	return uint32(v)
}

func (r *reader) int64() int64 {
	if r.err != nil {
		return 0
	}
	v, rest, ok := msgp.ReadInt64(r.rest)
	if !ok {
		r.err = errUnreadable
		return 0
	}
	r.rest = rest
	return v
}

// text returns a string of at most limit bytes.
func (r *reader) text(limit int) string {
	if r.err != nil {
		return ""
	}
	v, rest, ok := msgp.ReadString(r.rest)
	if !ok || len(v) > limit {
		r.err = errUnreadable
		return ""
	}
	r.rest = rest
	return string(v)
}

// end returns the error of the whole, which is also one when something is left over.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = errUnreadable
	}
	return r.err
}
