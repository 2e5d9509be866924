package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// account is the account at a provider in these tests.
const account = 7

func remoteID(n int) RemoteID {
	id := RemoteID{Account: account}
	copy(id.ID[:], fmt.Sprintf("id %d", n))
	copy(id.Fingerprint[:], fmt.Sprintf("sum %d", n))
	return id
}

// fetched begins a message of a provider, whose content tells its number.
func fetched(s *Spool, key Key, n, size int) (Written, error) {
	body := mail(fmt.Sprintf("remote-%d", n), size)
	d, err := s.Begin(context.Background(), Envelope{Remote: remoteID(n)}, []Recipient{{Mailbox: key}})
	if err == nil {
		_, err = io.WriteString(d, body)
	}
	return Written{Delivery: d, Shape: shapeOf(body)}, err
}

func fetch(s *Spool, key Key, numbers ...int) error {
	var list []Written
	for _, n := range numbers {
		w, err := fetched(s, key, n, 500)
		if err != nil {
			return err
		}
		list = append(list, w)
	}
	_, err := s.CommitAll(list)
	return err
}

// known lists which of the first most ids the spool has.
func known(s *Spool, most int) (list []int) {
	for n := range most {
		if s.HasRemote(account, remoteID(n).ID) {
			list = append(list, n)
		}
	}
	return list
}

func checkKnown(t *testing.T, s *Spool, want ...int) {
	t.Helper()
	if got := known(s, 40); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the spool has the ids %v, want %v", got, want)
	}
}

// TestRemoteIDs: an id comes with its message, in its flush, and stays when the message was
// expunged.
func TestRemoteIDs(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("of here", 300), 1))
	text, err := dev.Load(format.Name)
	must(t, err)
	if !strings.Contains(string(text), "version 1\n") {
		t.Fatalf("FORMAT before the first id is %q", text)
	}
	must(t, fetch(s, 1, 0, 1))
	before := s.Stats().Lifetime.Flushes
	must(t, fetch(s, 1, 2, 3))
	if n := s.Stats().Lifetime.Flushes - before; n != 1 {
		t.Errorf("two small messages and their ids took %d flushes", n)
	}
	must(t, s.NoteRemotes([]RemoteID{remoteID(9)}))
	must(t, expungeAll(s, 1, func(n int) bool { return n != 2 }))
	checkKnown(t, s, 0, 1, 2, 3, 9)
	if s.HasRemote(account+1, remoteID(0).ID) || s.RemoteCount(account) != 5 {
		t.Errorf("another account has it, or there are %d", s.RemoteCount(account))
	}
	s = open(t, dev.Clone())
	checkKnown(t, s, 0, 1, 2, 3, 9)
	if text, _ = dev.Load(format.Name); !strings.Contains(string(text), "version 2\n") {
		t.Errorf("FORMAT is %q", text)
	}
}

// TestRemoteIDIsRefusedWithItsMessage: neither of the two is there without the other.
func TestRemoteIDIsRefusedWithItsMessage(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, fetch(s, 1, 0))
	for n := 1; ; n++ { // until it is full
		w, err := fetched(s, 1, n, 30_000)
		if err == nil {
			_, err = s.CommitAll([]Written{w})
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, ErrFull) || s.HasRemote(account, remoteID(n).ID) {
			t.Errorf("%v, and the id is there: %v", err, s.HasRemote(account, remoteID(n).ID))
		}
		if got := len(contents(t, s, 1)); got != n || s.RemoteCount(account) != n {
			t.Errorf("%d messages, %d ids, want %d", got, s.RemoteCount(account), n)
		}
		return
	}
}

// TestRemotes: what is kept of an id leads to its message.
func TestRemotes(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("of here", 300), 1))
	must(t, fetch(s, 1, 0, 1, 2))
	must(t, expungeAll(s, 1, func(n int) bool { return n != 3 })) // that of id 1
	s = open(t, dev.Clone())
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	var found []string
	must(t, s.Remotes(context.Background(), account, func(m RemoteMessage) {
		n, there := v.FindRemote(m)
		if m.Fingerprint == (remoteID(0).Fingerprint) && there {
			if body, _, err := readMessage(v, n); err != nil || !strings.Contains(body, "remote-0") {
				t.Errorf("id 0 leads to %q, %v", body, err)
			}
		}
		found = append(found, fmt.Sprint(string(bytes.TrimRight(m.ID[:], "\x00")), " ", there))
	}))
	if want := "[id 0 true id 1 false id 2 true]"; fmt.Sprint(found) != want {
		t.Errorf("%v, want %s", found, want)
	}
}

// TestRemoteIDsOutliveTheirSegment: ids are carried out of segments that are retired, as long as
// they are not forgotten.
func TestRemoteIDsOutliveTheirSegment(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for n := range 20 {
		must(t, fetch(s, 1, n))
	}
	s.ForgetRemotes(account, func(id [12]byte) bool { return id == remoteID(4).ID })
	first := s.table.Newest()
	must(t, expungeAll(s, 1, func(int) bool { return false }))
	for n := 0; s.table.Newest() < first+40; n++ { // every slot is written over
		must(t, deliver(s, mail("passes", 20_000), 2))
		must(t, expungeAll(s, 2, func(int) bool { return false }))
	}
	want := []int{0, 1, 2, 3}
	for n := 5; n < 20; n++ {
		want = append(want, n)
	}
	checkKnown(t, s, want...)
	s = open(t, dev.Clone())
	checkKnown(t, s, want...)
	if s.Stats().Damaged > 0 {
		t.Errorf("%d records are damaged", s.Stats().Damaged)
	}
}

// TestRemoteIDWithoutItsMessage: when the message does not verify, its id does not count, so that
// the message is fetched again.
func TestRemoteIDWithoutItsMessage(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, fetch(s, 1, 0, 1, 2))
	must(t, fetch(s, 1, 3)) // so that the batch before is known to have been durable
	damageText(t, dev, "remote-1 line 3")
	s = open(t, dev)
	if n := s.Stats().Damaged; n == 0 {
		t.Fatal("nothing is damaged: the test shows nothing")
	}
	checkKnown(t, s, 0, 2, 3)
	must(t, fetch(s, 1, 1))
	s = open(t, dev.Clone())
	checkKnown(t, s, 0, 1, 2, 3)
	if n := len(contents(t, s, 1)); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

// damageText flips a bit of a text in the first slot.
func damageText(t *testing.T, dev *flashtest.Device, text string) {
	t.Helper()
	names, err := dev.Names()
	must(t, err)
	for _, name := range names {
		if name == format.Name {
			continue
		}
		f, err := dev.Open(name)
		must(t, err)
		slot := flash.Aligned(testSlot)
		n, _ := f.ReadAt(slot, 0)
		if at := bytes.Index(slot[:n], []byte(text)); at >= 0 {
			page := at &^ (flash.Page - 1)
			slot[at] ^= 1
			_, err := f.WriteAt(slot[page:page+flash.Page], int64(page))
			must(t, err)
			must(t, f.Sync())
			must(t, f.Close())
			return
		}
		must(t, f.Close())
	}
	t.Fatalf("no slot holds %q", text)
}

// TestVersion2IsKept: a lost FORMAT is written again with the version that the slots tell.
func TestVersion2IsKept(t *testing.T) {
	f := format.Format{SlotSize: testSlot, Version: format.Version2}
	got, err := format.Parse([]byte(f.String()))
	if err != nil || *got != f {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := format.Parse([]byte(strings.Replace(f.String(), "version 2", "version 3", 1))); !errors.Is(err, ErrVersion) {
		t.Errorf("version 3: %v", err)
	}
	if _, err := format.Parse([]byte(strings.Replace(f.String(), "slot 65536", "slot 65540", 1))); !errors.Is(err, ErrForeign) {
		t.Errorf("damaged: %v", err)
	}
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("of version 1", 300), 1)) // and so is its segment
	must(t, fetch(s, 1, 0))
	for n := 1; s.table.Newest() < 3; n++ {
		must(t, fetch(s, 1, n))
	}
	must(t, s.Close())
	must(t, dev.Remove(format.Name))
	s = open(t, dev)
	if text, err := dev.Load(format.Name); err != nil || !strings.Contains(string(text), "version 2\n") {
		t.Errorf("FORMAT is %q, %v", text, err)
	}
	if !s.HasRemote(account, remoteID(0).ID) {
		t.Error("the ids are gone")
	}
}

// TestVersionGrowsAtTheStart: a FORMAT of version 1 is that of version 2 again after a start that
// finds a header of version 2, or remote ids in a segment of version 1.
func TestVersionGrowsAtTheStart(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("of version 1", 300), 1))
	old := dev.Bytes(format.Name)
	header := dev.Clone()
	rewriteHeader(header, func(p []byte) { p[12] = format.Version2 })
	must(t, fetch(s, 1, 0))
	must(t, s.Close())
	must(t, dev.Store(format.Name, old))
	for name, dev := range map[string]*flashtest.Device{"header": header, "record": dev} {
		for _, reading := range []bool{true, false} {
			opt := options(dev)
			opt.ReadOnly = reading
			s, err := Open(t.Context(), opt)
			must(t, err)
			if s.format.Version != format.Version2 {
				t.Errorf("%s: the spool is of version %d", name, s.format.Version)
			}
			must(t, s.Close())
			if grew := strings.Contains(string(dev.Bytes(format.Name)), "version 2\n"); grew == reading {
				t.Errorf("%s, only read %v: FORMAT is %q", name, reading, dev.Bytes(format.Name))
			}
		}
	}
}

// TestUpgradeFails: when FORMAT cannot be written, remote ids are refused, and the deletes beside
// them are not. It is tried again with the next ids.
func TestUpgradeFails(t *testing.T) {
	for _, c := range []struct{ cause, want error }{
		{syscall.ENOSPC, ErrFull}, {syscall.EDQUOT, ErrFull}, {syscall.EIO, ErrFault},
	} {
		vol := &storeVolume{Volume: flashtest.New(flashtest.Options{})}
		s := open(t, vol)
		must(t, errors.Join(deliver(s, mail("stays", 300), 1), deliver(s, mail("goes", 300), 1)))
		vol.err = c.cause
		release := holdLead(s)
		ids := enqueue(s, func() error { return fetch(s, 1, 0) })
		gone := enqueue(s, func() error { return expungeAll(s, 1, func(n int) bool { return n == 1 }) })
		release()
		if err := <-ids; !errors.Is(err, c.want) {
			t.Errorf("remote ids: %v, want %v", err, c.want)
		}
		if err := <-gone; err != nil {
			t.Errorf("%v: a delete beside them: %v", c.cause, err)
		}
		if st := s.Stats(); st.ReadOnly || st.Messages != 1 || (st.Faults > 0) != (c.want == ErrFault) {
			t.Errorf("%v: %+v", c.cause, st)
		}
		vol.err = nil
		must(t, fetch(s, 1, 0))
		checkKnown(t, s, 0)
		must(t, s.Close())
	}
}

// A storeVolume refuses to store small files while it has an error.
type storeVolume struct {
	flash.Volume
	err error
}

func (v *storeVolume) Store(name string, data []byte) error {
	if v.err != nil {
		return v.err
	}
	return v.Volume.Store(name, data)
}
