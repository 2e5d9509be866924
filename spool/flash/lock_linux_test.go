package flash

import "testing"

func TestParseLock(t *testing.T) {
	for line, want := range map[string]struct {
		pid    int
		device string
		inode  uint64
		ok     bool
	}{
		"1: FLOCK  ADVISORY  WRITE 21315 fe:00:9980795 0 EOF": {21315, "fe:00", 9980795, true},
		"12: POSIX  ADVISORY  WRITE 7 fe:00:9980795 0 EOF":    {},
		"3: -> FLOCK ADVISORY WRITE 7 fe:00:1 0 EOF":          {}, // one that waits
		"4: FLOCK  ADVISORY  WRITE 0 fe:00:1 0 EOF":           {0, "fe:00", 1, false},
		"5: FLOCK  ADVISORY  WRITE 7 9980795 0 EOF":           {7, "", 9980795, false},
		"": {},
	} {
		pid, device, inode, ok := parseLock(line)
		if pid != want.pid || device != want.device || inode != want.inode || ok != want.ok {
			t.Errorf("%q: %d %q %d %v", line, pid, device, inode, ok)
		}
	}
}
