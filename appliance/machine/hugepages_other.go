//go:build !linux

package machine

// WithoutHugePages does nothing.
func WithoutHugePages() {}
