package reader

import (
	"pillarbox/spool/flash"
)

// uncached reads a file past the page cache, whatever the offset and length.
type uncached struct{ flash.File }

func (u uncached) ReadAt(p []byte, off int64) (int, error) {
	start := off &^ (flash.Page - 1)
	end := (off + int64(len(p)) + flash.Page - 1) &^ (flash.Page - 1)
	buf := flash.Aligned(int(end - start))
	n, err := u.File.ReadUncached(buf, start)
	if n = min(n-int(off-start), len(p)); n <= 0 {
		return 0, err
	}
	copy(p, buf[off-start:][:n])
	if n == len(p) {
		err = nil
	}
	return n, err
}
