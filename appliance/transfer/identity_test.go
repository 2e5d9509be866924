package transfer

import (
	"strings"
	"testing"
)

// TestNextUID: the unique-ids that an import makes are valid, however often it makes one of
// another.
func TestNextUID(t *testing.T) {
	const identity = "0123456789abcdef0123456789abcdef"
	if got := NextUID("a", identity); got != "a~0123456789ab" {
		t.Errorf("%q", got)
	}
	seen := map[string]bool{}
	for uid := strings.Repeat("x", 70); len(seen) < 50; uid = NextUID(uid, identity) {
		if !ValidUID(uid) || seen[uid] {
			t.Fatalf("%q after %d", uid, len(seen))
		}
		seen[uid] = true
	}
}
