package measure

import (
	"sync/atomic"
	"testing"
)

// TestPeak: the most of each kind counts, be it in different samples, and the first sample is taken
// even if the watch is stopped at once.
func TestPeak(t *testing.T) {
	samples := []Peak{{Child: 1, Server: 9}, {Child: 5, Server: 2}, {Child: 3, Server: 3}}
	var taken atomic.Int64
	all := make(chan bool)
	var p Peak
	stop := p.Watch(func() Peak {
		n := int(taken.Add(1))
		if n == len(samples) {
			close(all)
		}
		return samples[min(n, len(samples))-1]
	})
	<-all
	stop()
	if want := (Peak{Child: 5, Server: 9}); p != want {
		t.Errorf("got %+v, want %+v", p, want)
	}
	var once Peak
	once.Watch(func() Peak { return Peak{Child: 7} })()
	if once.Child != 7 {
		t.Errorf("stopped at once: got %+v", once)
	}
}
