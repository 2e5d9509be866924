package child

import (
	"runtime"
	"testing"

	"pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
)

// nowhere is a session whose messages go nowhere.
type nowhere struct{ link.Session }

func (nowhere) Send(*smarthost.Message) ([]smarthost.Result, error) { return nil, nil }

// TestGarbage: what messages leave behind is collected while others are sent.
func TestGarbage(t *testing.T) {
	s := &tidy{Session: nowhere{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 300 {
		s.Send(&smarthost.Message{To: make([]smarthost.Recipient, 2)})
	}
	runtime.ReadMemStats(&after)
	if n := after.NumForcedGC - before.NumForcedGC; n < 10 || n > 30 {
		t.Errorf("%d collections for 1.2 MiB", n)
	}
}
