package appliance

import (
	"os"
	"strings"
	"testing"

	"pillarbox/appliance/logbook"
	"pillarbox/spool/flash"
)

// TestWhatDoesNotLastIsRefused: a box that promises to keep mail does not start where it cannot.
func TestWhatDoesNotLastIsRefused(t *testing.T) {
	memory := flash.Profile{FileSystem: "tmpfs", Mode: flash.Append, Volatile: true, Warnings: []string{"tmpfs lies in memory"}}
	card := flash.Profile{FileSystem: "ext4", Mode: flash.Recycle, Warnings: []string{"say commit=600"}}
	for _, row := range []struct {
		name    string
		allowed bool
		profile flash.Profile
		refused bool
	}{
		{"memory", false, memory, true},
		{"memory, as the owner wants it", true, memory, false},
		{"a card with a warning", false, card, false},
	} {
		c := settings("/srv/state")
		c.Spool.Volatile = row.allowed
		err := judge(c, row.profile, logbook.NewNop())
		if (err != nil) != row.refused {
			t.Errorf("%s: %v", row.name, err)
		}
		if err == nil {
			continue
		}
		for _, needed := range []string{"/srv/state", "tmpfs lies in memory", "spool.volatile = true"} {
			if !strings.Contains(err.Error(), needed) {
				t.Errorf("%s: %q does not say %q", row.name, err, needed)
			}
		}
	}
}

// TestMemoryOfThisMachine does it for real, where there is a tmpfs.
func TestMemoryOfThisMachine(t *testing.T) {
	state, err := os.MkdirTemp("/dev/shm", "state")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(state)
	c := settings(state)
	start(t, c, Options{}).stop()
	c.Spool.Volatile = false
	a, err := New(t.Context(), c, Options{})
	if err == nil {
		a.Close()
		t.Skip("/dev/shm is no memory here")
	}
	if !strings.Contains(err.Error(), "lies in memory") {
		t.Errorf("refused for %v", err)
	}
}
