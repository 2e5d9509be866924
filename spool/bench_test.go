package spool

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// fill puts n mails of size bytes into 8 mailboxes, many in a batch, without the cost of a flush
// each.
func fill(b testing.TB, s *Spool, n, size int) {
	b.Helper()
	body := mail("m", size)
	const group = 200
	for i := 0; i < n; i += group {
		changes := make([]commit.Change, 0, group)
		for k := range min(group, n-i) {
			changes = append(changes, &commit.Intake{
				Message: format.Message{Received: 1, From: "a@b", Octets: uint32(len(body) - 3), Header: 14},
				To:      []Recipient{{Mailbox: Key(1 + (i+k)%8)}},
				Body:    []byte(body),
			})
		}
		if err := s.log.Commit(changes...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart opens a spool of 100,000 mails and prints what the index takes and what is read.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dev := flashtest.New(flashtest.Options{Capacity: 8 << 30})
			opt := Options{Volume: dev, Capacity: 4 << 30, MailboxShare: 100}
			s, err := Open(context.Background(), opt)
			if err != nil {
				b.Fatal(err)
			}
			fill(b, s, n, min(1500, 400_000_000/n))
			s.Close()
			counted := &countedVolume{Volume: dev}
			opt.Volume = counted
			var index int64
			b.ResetTimer()
			for range b.N {
				counted.bytes = 0
				before := heap()
				s, err = Open(context.Background(), opt)
				if err != nil {
					b.Fatal(err)
				}
				index = heap() - before
				b.StopTimer()
				if st := s.Stats(); st.Messages != n {
					b.Fatalf("%d mails, want %d", st.Messages, n)
				}
				s.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(index)/1024, "index-KiB")
			b.ReportMetric(float64(index)/float64(n), "B/mail")
			b.ReportMetric(float64(counted.bytes)/1024, "read-KiB")
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A countedVolume counts the bytes that are read, and the reads past the page cache.
type countedVolume struct {
	flash.Volume
	bytes    int64
	uncached int
}

func (v *countedVolume) Open(name string) (flash.File, error) {
	f, err := v.Volume.Open(name)
	return &countedFile{f, v}, err
}

type countedFile struct {
	flash.File
	v *countedVolume
}

func (f *countedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	f.v.bytes += int64(n)
	return n, err
}

func (f *countedFile) ReadUncached(p []byte, off int64) (int, error) {
	n, err := f.File.ReadUncached(p, off)
	f.v.bytes += int64(n)
	f.v.uncached++
	return n, err
}

// BenchmarkDelete expunges 100 of 100,000 messages and prints what it costs the device.
func BenchmarkDelete(b *testing.B) {
	dev := flashtest.New(flashtest.Options{Capacity: 8 << 30})
	s, err := Open(context.Background(), Options{Volume: dev, Capacity: 4 << 30, MailboxShare: 100})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, s, 8*100_000, 100)
	before := dev.Stats()
	deleted := 0
	b.ResetTimer()
	for i := range b.N {
		v, _ := s.View(Key(1 + i%8))
		err := v.Expunge(context.Background(), func(yield func(int) bool) {
			for n := 1; n <= 100; n++ {
				if !yield(n * (v.Len() / 101)) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		deleted++
		v.Close()
	}
	after := dev.Stats().Sub(before)
	b.ReportMetric(float64(after.Bytes)/float64(deleted)/1024, "device-KiB/op")
	b.ReportMetric(float64(after.Flushes)/float64(deleted), "flushes/op")
}

// BenchmarkDeliver delivers 4 KiB mails to a real folder, one after the other.
func BenchmarkDeliver(b *testing.B) {
	dir := b.TempDir()
	vol, err := flash.Open(dir, flash.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(context.Background(), Options{Volume: vol, Capacity: 256 << 20, MailboxShare: 100})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	body := mail("m", 4000)
	b.ReportAllocs()
	for i := range b.N {
		if err := deliver(s, body, 1); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 999 {
			b.StopTimer()
			if err := expungeAll(s, 1, none); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
	if _, err := os.Stat(dir); err != nil {
		b.Fatal(err)
	}
}
