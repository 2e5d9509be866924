//go:build !linux

package machine

// StartSmall does nothing.
func StartSmall() {}

// StartedSmall returns false.
func StartedSmall() bool { return false }
