package spool

import (
	"context"
	"testing"

	"pillarbox/spool/flash"
)

// BenchmarkMessage reads messages of 4 KiB from a real folder, as RETR does.
func BenchmarkMessage(b *testing.B) {
	vol, err := flash.Open(b.TempDir(), flash.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(context.Background(), Options{Volume: vol, Capacity: 256 << 20, MailboxShare: 100})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	fill(b, s, 8*32, 4096)
	v, err := s.View(1)
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	buf := make([]byte, 8<<10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m, err := v.Message(1 + i%v.Len())
		must(b, err)
		if _, err := m.ReadAt(buf[:m.Size()], 0); err != nil {
			b.Fatal(err)
		}
		m.Recycle()
	}
}
