package pop3_test

import (
	"context"
	"testing"
)

// TestNothingIsReadAheadBesideSendfile: a client that pipelines and does not read leaves nothing
// that was read ahead in its session, while the kernel sends it a file that the buffer had room
// for.
func TestNothingIsReadAheadBesideSendfile(t *testing.T) {
	store := new(aheadStore)
	store.InFile(t)
	store.Deliver("anna", large(4<<10))
	store.Deliver("anna", large(40<<10))
	server := parking(t)
	server.Store = store
	near, far := pair(t)
	near.SetReadBuffer(64 << 10)
	far.SetWriteBuffer(64 << 10)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	var commands []string
	for range 100 {
		commands = append(commands, "RETR 1", "RETR 2")
	}
	c.say(commands...)
	await(t, "a session that is parked in a message", func() bool { return server.Parked() != 0 && store.Held() != 0 })
	if store.held.Load() {
		t.Error("the session is parked, and holds what was read ahead")
	}
	near.Close()
}
