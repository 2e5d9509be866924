package smtpd

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"pillarbox/pop3/wire"
)

// A kept is a Delivery that keeps what it gets.
type kept struct {
	bytes.Buffer
	shape wire.Shape
}

func (k *kept) Commit(_ context.Context, s wire.Shape) error { k.shape = s; return nil }
func (k *kept) Abort()                                       {}

// TestEditedHeaderAlone: a message that ends in its header, which is edited, is written whole,
// however large it is.
func TestEditedHeaderAlone(t *testing.T) {
	t.Parallel()
	const trace, field = "Received: x\r\n", "X-Field: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"
	for octets := 100; octets < 40000; octets += len(field) {
		k := new(kept)
		c := newContent(new(sync.Pool), k, 1<<20)
		c.editHeader(func(header []byte) ([]byte, error) { return header, nil })
		c.start([]byte(trace))
		text := strings.Repeat(field, octets/len(field)) + ".\r\n"
		for src, done := []byte(text), false; !done; {
			var n int
			n, done = c.scan(src)
			src = src[n:]
		}
		if err := c.commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := trace + text; k.String() != want || k.shape.Stored != int64(len(want)) {
			t.Fatalf("of %d octets %d were written, and %d are to be stored", len(want), k.Len(), k.shape.Stored)
		}
		c.close()
	}
}
