package flash

import "golang.org/x/sys/unix"

// Reserve allocates blocks for the first size bytes: one fallocate that keeps the size of the file.
func (f *file) Reserve(size int64) error {
	return control(f.writer, "fallocate", func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, 0, size)
	})
}
