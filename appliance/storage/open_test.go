package storage

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
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
		c := config.Default()
		c.State = "/srv/state"
		c.Spool.Volatile = row.allowed
		err := judge(c, row.profile, zap.NewNop())
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

// free is a volume of which only the free space matters.
type free struct {
	flash.Volume
	bytes int64
}

func (f free) Free() (int64, error) { return f.bytes, nil }

func TestCapacity(t *testing.T) {
	const mib, gib = int64(1) << 20, int64(1) << 30
	tests := []struct {
		name             string
		written          config.Size
		free, used, want int64 // want 0: an error
	}{
		{"a large disk", 0, 100 * gib, 0, gib},
		{"half of a small one", 0, gib, 0, gib / 2},
		{"half of it at a later start, too", 0, gib - 300*mib, 300 * mib, gib / 2},
		{"never less than a spool needs", 0, 120 * mib, 0, 100 * mib},
		{"a full disk at a later start", 0, 0, 100 * mib, 100 * mib},
		{"no room for a new spool", 0, 99 * mib, 0, 0},
		{"what is written holds", config.Size(200 * mib), 10 * mib, 0, 200 * mib},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config.Default() // slots of 4 MiB, mails of 50 MiB
			c.Spool.Capacity = tt.written
			got, err := capacityOf(c, free{bytes: tt.free}, tt.used)
			if got != tt.want || (err == nil) != (tt.want != 0) {
				t.Errorf("got %v, %v, want %v", config.Size(got), err, config.Size(tt.want))
			}
		})
	}
}
