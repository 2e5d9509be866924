//go:build !linux

package flash

import "errors"

// A Dir is a Volume on a folder of a real file system; there is one on Linux only.
type Dir struct{ Volume }

// Open refuses: how a power cut meets a file system is known here for Linux only.
func Open(dir string, opt Options) (*Dir, error) {
	return nil, errors.New("flash: a spool needs Linux")
}

// Profile tells nothing.
func (d *Dir) Profile() Profile { return Profile{} }
