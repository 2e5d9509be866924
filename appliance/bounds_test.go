package appliance

import (
	"testing"

	"pillarbox/appliance/access"
	"pillarbox/appliance/storage"
)

// The number of sessions follows from memory and descriptors.
func TestBounds(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	tests := []struct {
		name                        string
		machine, descriptors, slots int64
		sessions                    int
	}{
		{"enough of everything", gib, 1 << 20, 256, 256},
		{"a router of 64 MiB", 64 * mib, 4096, 16, 128},
		{"a router of 32 MiB", 32 * mib, 4096, 16, 64},
		{"the usual 1024 descriptors and a spool of 1 GiB", gib, 1024, 256, 256},
		{"256 descriptors", gib, 256, 16, 140},
		{"too little of everything", mib, 20, 256, 16},
		{"nothing known", 0, 0, 0, 256},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := boundsOf(storage.Memory(0, test.machine), test.descriptors, test.slots)
			if want := access.BoundsFor(test.sessions); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestMemoryIsGiven: with much memory more sessions are let in, .
func TestMemoryIsGiven(t *testing.T) {
	got := boundsOf(storage.Memory(512<<20, 1<<30), 1<<20, 64)
	if want := access.BoundsFor(2048); got != want {
		t.Errorf("with 512 MiB: %+v, want %+v", got, want)
	}
	if got := storage.Memory(32<<20, 1<<30); got != 32<<20 {
		t.Errorf("%d octets may be taken of 32 MiB", got)
	}
	if got := storage.Memory(512<<20, 160<<20); got != 160<<20 {
		t.Errorf("%d octets may be taken of a container with 160 MiB", got)
	}
}
