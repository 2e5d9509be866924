package spool

import (
	"fmt"
	"syscall"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// A lyingVolume says that writes and flushes failed which did not: the worst that a device can do
// to who believes it.
type lyingVolume struct {
	flash.Volume
	// script has a character for each write and flush to come: '.' is done and reported as it was,
	// 'x' is reported and not done, '-' is not done and reported so.
	script string
}

type lyingFile struct {
	flash.File
	vol *lyingVolume
}

func (v *lyingVolume) Open(name string) (flash.File, error) {
	f, err := v.Volume.Open(name)
	return &lyingFile{f, v}, err
}

func (v *lyingVolume) Create(name string, size int64) (flash.File, error) {
	f, err := v.Volume.Create(name, size)
	return &lyingFile{f, v}, err
}

// tell does something as the script says.
func (v *lyingVolume) tell(do func() error) error {
	step := byte('.')
	if v.script != "" {
		step, v.script = v.script[0], v.script[1:]
	}
	if step == '-' {
		return syscall.EIO
	}
	if err := do(); err != nil || step == '.' {
		return err
	}
	return syscall.EIO
}

func (f *lyingFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.vol.tell(func() error { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

func (f *lyingFile) Sync() error { return f.vol.tell(f.File.Sync) }

// stayer is a mail that goes to the cold head.
func stayer(body string, to Key) *commit.Intake {
	shape := shapeOf(body)
	return &commit.Intake{
		Message: format.Message{Octets: uint32(shape.Octets), Header: uint32(shape.Header)},
		To:      []Recipient{{Mailbox: to}},
		Body:    []byte(body),
		Stays:   true,
	}
}

// TestGhostIsNotWrittenOn refuses the first mail of the cold log, which is on the device all the
// same: the hot log says that it does not count. The next start finds it as the newest segment of
// its class, and must not write on in it.
func TestGhostIsNotWrittenOn(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	vol := &lyingVolume{Volume: dev}
	s := open(t, vol)
	if err := deliver(s, mail("hot", 300), 2); err != nil {
		t.Fatal(err)
	}
	vol.script = ".x" + ".." + "-" // the mail, what lays the ghost, and the mail again
	if err := s.log.Commit(stayer(mail("refused", 300), 1)); err == nil || vol.script != "" {
		t.Fatalf("%v with %q to come: the mail was to be refused", err, vol.script)
	}
	s.Close()
	s = open(t, dev)
	if n := len(contents(t, s, 1)); n != 0 {
		t.Errorf("%d mails that were refused", n)
	}
	if err := s.log.Commit(stayer(mail("kept", 300), 1)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dev)
	if n := len(contents(t, s, 1)); n != 1 {
		t.Errorf("%d mails, want the 1 that was acknowledged", n)
	}
	if err := s.recount(); err != nil {
		t.Error(err)
	}
}

// TestRefusedBatchStaysRefused tells that a flush failed, and lets the segment outlive the next
// one, in which the batch was written again and whose header says where this one ended.
func TestRefusedBatchStaysRefused(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	vol := &lyingVolume{Volume: dev}
	s := open(t, vol)
	if err := deliver(s, mail("first", 300), 2); err != nil {
		t.Fatal(err)
	}
	vol.script = ".x"
	if err := deliver(s, mail("twice", 300), 1); err != nil {
		t.Fatal(err)
	}
	if err := expungeAll(s, 1, none); err != nil {
		t.Fatal(err)
	}
	next := hot(s)
	for i := 0; s.table.Segment(next.Slot) == next.Segment; i++ {
		if i == 1000 {
			t.Fatal("the slot of the next segment is never used again")
		}
		s.table.Probe().Age(next.Slot)
		if err := deliver(s, mail(fmt.Sprint(i), 10_000), 3); err != nil {
			t.Fatal(err)
		}
		if err := expungeAll(s, 3, none); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s = open(t, dev)
	if n := len(contents(t, s, 1)); n != 0 {
		t.Errorf("%d mails that were deleted are back", n)
	}
	if n := len(contents(t, s, 2)); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}
