package crash

import (
	"strings"
	"testing"

	"pillarbox/cmd/pillarbench/client"
)

// Each row is a sequence of events in an outbox, in which two messages were sent to carl and the
// second one was acknowledged, and the rule that it violates.
func TestOutbox(t *testing.T) {
	const carl = "carl@example.net"
	text := func(number uint64) []byte {
		return append([]byte("Received: by localhost; now\r\n"), client.Message{Number: number, Octets: 1000}.Content()...)
	}
	for _, row := range []struct {
		name    string
		events  func(o *outbox)
		fault   string
		doubles int
	}{
		{"sent once", func(o *outbox) { o.take(text(2), carl) }, "", 0},
		{"never sent", func(*outbox) {}, "S3", 0},
		{"not acknowledged, and sent", func(o *outbox) { o.take(text(1), carl); o.take(text(2), carl) }, "", 0},
		{"twice, with a cut in between", func(o *outbox) { o.take(text(2), carl); o.start(); o.take(text(2), carl) }, "", 1},
		{"three times, with two cuts", func(o *outbox) {
			for range 3 {
				o.take(text(2), carl)
				o.start()
			}
		}, "", 2},
		{"twice without a cut", func(o *outbox) { o.take(text(2), carl); o.take(text(2), carl) }, "S2", 0},
		{"again, although another one was sent after it", func(o *outbox) {
			o.take(text(2), carl)
			o.take(text(1), carl)
			o.start()
			o.take(text(2), carl)
		}, "S2", 0},
		{"damaged", func(o *outbox) { o.take(append(text(2), "x"...), carl) }, "S1", 0},
		{"without a trace", func(o *outbox) { o.take(client.Message{Number: 2, Octets: 1000}.Content(), carl) }, "S1", 0},
		{"to somebody else", func(o *outbox) { o.take(text(2), "dora@example.org") }, "S1", 0},
		{"not by the user", func(o *outbox) { o.take(text(9), carl) }, "S1", 0},
	} {
		o := newOutbox()
		o.start()
		o.send(1, []string{carl})
		o.send(2, []string{carl})
		o.answer(2)
		row.events(o)
		err := o.check()
		count, lost := o.count()
		if err == nil {
			err = lost
		}
		switch {
		case row.fault == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), row.fault)):
			t.Errorf("%s: got %v, want %s", row.name, err, row.fault)
		case count.doubles != row.doubles:
			t.Errorf("%s: %d doubles, want %d", row.name, count.doubles, row.doubles)
		}
		if n, _ := o.waiting(); row.fault == "" && n != 0 {
			t.Errorf("%s: %d wait", row.name, n)
		}
	}
}
