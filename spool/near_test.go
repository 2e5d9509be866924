package spool

import (
	"context"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// A small message that was verified before comes with one read, header, body and all; of a large
// one only the head is read, for the kernel sends the rest. Finding it costs few allocations.
func TestReadsOfAMessage(t *testing.T) {
	reads := 0
	dev := &readVolume{flashtest.New(flashtest.Options{}), &reads}
	s, err := Open(context.Background(), Options{Volume: dev, Capacity: 64 << 20})
	must(t, err)
	defer s.Close()
	for _, size := range []int{500, 4096, 14_000, 100_000} {
		must(t, deliver(s, mail("m", size), 1))
	}
	contents(t, s, 1) // which verifies
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	for n, want := range []int{1, 1, 1, 2} {
		reads = 0
		body, header, err := readMessage(v, n+1)
		must(t, err)
		if reads != want || int64(len(body)-3) != v.Octets(n+1) || header == 0 {
			t.Errorf("message %d of %d octets: %d reads, want %d", n+1, len(body), reads, want)
		}
	}
	room := make([]byte, 4096)
	got := testing.AllocsPerRun(100, func() {
		m, err := v.Message(2)
		must(t, err)
		m.ReadAt(room[:100], 0)
		m.ReadAt(room, 0)
		m.Close()
	})
	if got > 4 {
		t.Errorf("%.0f allocations for a small message, want at most 4", got)
	}
}

// A readVolume counts the reads of its files.
type readVolume struct {
	flash.Volume
	reads *int
}

func (v *readVolume) Open(name string) (flash.File, error) {
	f, err := v.Volume.Open(name)
	return &readFile{f, v.reads}, err
}

func (v *readVolume) Create(name string, size int64) (flash.File, error) {
	f, err := v.Volume.Create(name, size)
	return &readFile{f, v.reads}, err
}

type readFile struct {
	flash.File
	reads *int
}

func (f *readFile) ReadAt(p []byte, off int64) (int, error) {
	*f.reads++
	return f.File.ReadAt(p, off)
}
