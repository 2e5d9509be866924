//go:build !linux

package flash

import "errors"

// A Dir is a Volume on a folder of a real file system. It exists on Linux only.
type Dir struct{ Volume }

// Open returns an error: how a file system behaves at a power cut is known here for Linux only.
func Open(dir string, opt Options) (*Dir, error) {
	return nil, errors.New("flash: a spool needs Linux")
}

// Held returns nil: no process has a volume here.
func Held(dir string) error { return nil }

// Profile returns the zero Profile.
func (d *Dir) Profile() Profile { return Profile{} }

// WearOf returns false.
func WearOf(string) (Wear, bool) { return Wear{}, false }
