package device

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestUninterrupted: a call is repeated if a signal interrupted it, and only then.
func TestUninterrupted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []unix.Errno
		want    unix.Errno
	}{
		{"at once", []unix.Errno{0}, 0},
		{"interrupted twice", []unix.Errno{unix.EINTR, unix.EINTR, 0}, 0},
		{"interrupted, then an error", []unix.Errno{unix.EINTR, unix.EIO}, unix.EIO},
		{"an error", []unix.Errno{unix.ENOTTY}, unix.ENOTTY},
	} {
		calls := 0
		got := uninterrupted(func() unix.Errno { calls++; return tt.answers[calls-1] })
		if got != tt.want || calls != len(tt.answers) {
			t.Errorf("%s: %v after %d calls, want %v after %d", tt.name, got, calls, tt.want, len(tt.answers))
		}
	}
}
