package link

import (
	"io"
	"testing"
	"time"

	"pillarbox/appliance/remote/session"
)

// TestNoGarbage: neither a row of a listing nor the content of a message leaves garbage in the
// child.
func TestNoGarbage(t *testing.T) {
	s := &serving{wire: newWire(struct {
		io.Reader
		io.Writer
	}{nil, io.Discard}, askSize, dataSize)}
	row := session.Message{Ref: 1<<32 | 4711, ID: "imap INBOX 1234567890 4711", Octets: 4 << 20, Date: time.Unix(1795000000, 0), Era: 1234567890, Stable: true}
	block := make([]byte, 8<<10)
	if n := testing.AllocsPerRun(1000, func() {
		_, failed := content{s.wire}.Write(block)
		if err := s.message(row); err != nil || failed != nil || s.done(nil) != nil {
			t.Fatal(err, failed)
		}
	}); n > 0 {
		t.Errorf("a row and a block leave %v allocations", n)
	}
}
