package pop3

import (
	"strconv"
	"testing"
	"time"
)

// Accounts whose credit is complete again are removed, and the others are kept.
func TestDelaysAreBounded(t *testing.T) {
	d := &Delays{Every: time.Minute, Credit: 1}
	now := time.Unix(1_000_000, 0)
	for n := range 100 * delaysKept {
		now = now.Add(time.Second)
		if !d.take("user"+strconv.Itoa(n), now) {
			t.Fatalf("login %d is refused", n)
		}
	}
	if most := delaysKept + 1; len(d.whole) > most {
		t.Errorf("%d accounts are kept, want at most %d", len(d.whole), most)
	}
	last := "user" + strconv.Itoa(100*delaysKept-1)
	if !d.take(last, now) || d.take(last, now) {
		t.Error("what an account has used up was forgotten")
	}
}
