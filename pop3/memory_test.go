package pop3_test

import (
	"runtime"
	"testing"
)

// A waiting session releases its buffers, because hundreds of phones may leave their session open.
func TestIdleSessionOwnsNoBuffer(t *testing.T) {
	const sessions = 100
	server := newServer(sampleStore())
	idle := make([]*client, sessions)
	before := heap()
	for i := range idle {
		idle[i] = talkPipe(t, server)
		idle[i].logIn()
		idle[i].say("RETR 1", "RETR 2", "LIST", "NOOP")
		for range 3 {
			idle[i].multi()
		}
		idle[i].want("+OK")
	}
	// A client of this test has a bufio.Reader of 4 KiB.
	if each := (int64(heap()) - int64(before)) / sessions; each > 12<<10 {
		t.Errorf("an idle session owns %d bytes of the heap, want less than a buffer", each)
	}
	for _, c := range idle {
		c.conn.Close()
		<-c.over
	}
}

// heap returns the bytes of the heap that are in use.
func heap() uint64 {
	for range 3 { // a sync.Pool keeps what it holds for two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
