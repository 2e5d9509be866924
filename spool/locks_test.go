package spool

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestNoIOUnderTheLocksOfReaders: whatever a spool asks of the file system, it holds neither the
// lock of the slots nor that of the index meanwhile. A disk that has to spin up delays no other
// reader.
func TestNoIOUnderTheLocksOfReaders(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			vol := &watchedVolume{Volume: flashtest.New(flashtest.Options{Mode: mode}), t: t, seen: make(map[string]int)}
			opt := options(vol)
			opt.Capacity = 64 * testSlot // more than files stay open
			s, err := Open(context.Background(), opt)
			must(t, err)
			vol.spool = s
			stir(t, s)
			must(t, vol.spool.Close())
			for _, op := range []string{"open", "create", "free", "close", "read", "read uncached", "write", "sync"} {
				if vol.seen[op] == 0 && (op != "free" || mode == flash.Append) {
					t.Errorf("no %s: the test shows nothing", op)
				}
			}
			if mode == flash.Append && (vol.seen["remove"] == 0 || vol.seen["reserve"] == 0) {
				t.Error("no file was removed, or none reserved: the test shows nothing")
			}
		})
	}
}

// stir calls everything that a spool can do, from one goroutine.
func stir(t *testing.T, s *Spool) {
	t.Helper()
	ctx := context.Background()
	for i := range 400 {
		must(t, errors.Join(deliver(s, mail(fmt.Sprint("churn ", i), 11_000), 3), expungeAll(s, 3, none)))
		if i%50 == 0 {
			must(t, errors.Join(deliver(s, mail("stays", 300), 1, 2), deliver(s, mail("large", 40_000), 2)))
			must(t, errors.Join(s.Maintain(ctx), s.Room(1000), s.ReadProof()))
			contents(t, s, 2)
		}
	}
	hold := s.Hold()
	must(t, hold.Release())
	updateView(t, s, 1, Change{Marks: []Mark{{"seen", 3, only(1)}}})
	must(t, s.Compact(ctx, nil))
	_, err := s.Verify(ctx, nil)
	must(t, err)
	s.Stats()
}

// A watchedVolume reports what is called while a lock that readers take is held.
type watchedVolume struct {
	flash.Volume
	t     *testing.T
	spool *Spool // nil until it is open
	seen  map[string]int
}

func (v *watchedVolume) called(op string) {
	v.seen[op]++
	if v.spool == nil {
		return
	}
	if v.spool.table.Probe().Locked() {
		v.t.Errorf("%s while the lock of the slots is held", op)
	}
	if v.spool.index.Probe().Locked() {
		v.t.Errorf("%s while the lock of the index is held", op)
	}
}

func (v *watchedVolume) Open(name string) (flash.File, error) {
	v.called("open")
	f, err := v.Volume.Open(name)
	return v.watch(f), err
}

func (v *watchedVolume) Create(name string, size int64) (flash.File, error) {
	v.called("create")
	f, err := v.Volume.Create(name, size)
	return v.watch(f), err
}

func (v *watchedVolume) Remove(name string) error {
	v.called("remove")
	return v.Volume.Remove(name)
}

func (v *watchedVolume) Free() (int64, error) {
	v.called("free")
	return v.Volume.Free()
}

func (v *watchedVolume) watch(f flash.File) flash.File {
	if f == nil {
		return nil
	}
	return &watchedFile{f, v}
}

type watchedFile struct {
	flash.File
	vol *watchedVolume
}

func (f *watchedFile) ReadAt(p []byte, off int64) (int, error) {
	f.vol.called("read")
	return f.File.ReadAt(p, off)
}

func (f *watchedFile) ReadUncached(p []byte, off int64) (int, error) {
	f.vol.called("read uncached")
	return f.File.ReadUncached(p, off)
}

func (f *watchedFile) WriteAt(p []byte, off int64) (int, error) {
	f.vol.called("write")
	return f.File.WriteAt(p, off)
}

func (f *watchedFile) Sync() error {
	f.vol.called("sync")
	return f.File.Sync()
}

func (f *watchedFile) Reserve(size int64) error {
	f.vol.called("reserve")
	return f.File.Reserve(size)
}

func (f *watchedFile) Close() error {
	f.vol.called("close")
	return f.File.Close()
}
