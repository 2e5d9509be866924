package reader

import (
	"errors"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// neighbours is a testSlots with three messages side by side in slot 4, and where they lie.
func neighbours(t testing.TB) (l *testSlots, where [3]Location, texts [3]string) {
	l = newTestSlots(t)
	l.slot(4, 8)
	off := int64(start)
	for i := range where {
		texts[i] = "Subject: x\r\n\r\n" + strings.Repeat("abcd\r\n", 100*(i+1)) + ".\r\n"
		m := twoRecipients()
		m.First.Seq = uint32(10 * i)
		size := l.message(4, off, m, []string{"", ""}, texts[i])
		where[i] = at(4, off, 8, uint32(10*i), 1)
		where[i].Octets, where[i].Verified = uint32(len(texts[i])-3), true
		off += (size + 7) &^ 7
	}
	return l, where, texts
}

// whole is how many bytes the three take, with what Open reads beside them.
const whole = 3 * 2048

// openAhead opens a message that was read ahead.
func (l *testSlots) openAhead(r *Reader, at Location, a *Ahead) (*Message, error) {
	file, err := l.PinSegment(uint32(at.Slot), at.Segment)
	if err != nil {
		return nil, err
	}
	return r.OpenAhead(at, file, a)
}

// TestAhead: messages that were read ahead are opened and read without a read of the file.
func TestAhead(t *testing.T) {
	l, where, texts := neighbours(t)
	r, a := l.reader(), new(Ahead)
	if a.Has(where[0]) || (*Ahead)(nil).Has(where[0]) {
		t.Error("nothing was read ahead, and it has a message")
	}
	r.Read(a, where[0], l.files[4], whole)
	l.fault = errors.New("nothing more is read")
	if l.reads != 1 {
		t.Fatalf("%d reads", l.reads)
	}
	for _, i := range []int{1, 0, 2, 1} {
		if !a.Has(where[i]) {
			t.Fatalf("message %d was not read", i)
		}
		m, err := l.openAhead(r, where[i], a)
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, m); got != texts[i] {
			t.Errorf("message %d reads %.40q, want %.40q", i, got, texts[i])
		}
		m.Recycle()
	}
	m, err := l.openAhead(r, where[1], a)
	if err != nil {
		t.Fatal(err)
	}
	r.Forget(a)
	r.Forget(a)
	if got := readAll(t, m); got != texts[1] || a.Has(where[1]) || r.Held() != 0 {
		t.Errorf("after Forget the message reads %.40q, %d are in use", got, r.Held())
	}
	m.Close()
	if l.pinned() != 0 {
		t.Errorf("%d pins are left", l.pinned())
	}
}

// TestAheadHasNot: what was read is of one segment, and a message is in it whole or not at all.
func TestAheadHasNot(t *testing.T) {
	l, where, texts := neighbours(t)
	r, a := l.reader(), new(Ahead)
	r.Read(a, where[1], l.files[4], int64(where[1].Octets)+headSize)
	other := where[1]
	other.Segment++
	slot := where[1]
	slot.Slot++
	larger := where[1]
	larger.Octets++
	for name, at := range map[string]Location{"before": where[0], "behind": where[2], "segment": other, "slot": slot, "octets": larger} {
		if a.Has(at) {
			t.Errorf("%s: it has the message", name)
		}
	}
	if !a.Has(where[1]) {
		t.Fatal("it has not what was read")
	}
	// What is not there in memory is read from the file.
	m, err := l.openAhead(r, where[2], a)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := readAll(t, m); got != texts[2] {
		t.Errorf("it reads %.40q", got)
	}
}

// TestAheadLimits: few have something read ahead at a time, and none after an error of the device,
// at the end of a slot, or more than fits.
func TestAheadLimits(t *testing.T) {
	l, where, _ := neighbours(t)
	r := l.reader()
	all := make([]Ahead, aheadMost+1)
	for i := range all {
		r.Read(&all[i], where[0], l.files[4], whole)
		if got, want := all[i].Has(where[0]), i < aheadMost; got != want {
			t.Errorf("reader %d has it: %v, want %v", i, got, want)
		}
	}
	r.Forget(&all[0])
	r.Read(&all[aheadMost], where[0], l.files[4], 10<<20)
	if n := len(all[aheadMost].read); !all[aheadMost].Has(where[0]) || n > aheadSize {
		t.Errorf("%d bytes were read after another one has released its", n)
	}
	l.fault = errors.New("no such luck")
	r.Read(&all[1], where[0], l.files[4], whole)
	if all[1].Has(where[0]) {
		t.Error("it has what could not be read")
	}
	l.fault = nil
	end := where[0]
	end.Offset = testSlot / 8
	r.Read(&all[1], end, l.files[4], whole)
	for i := range all {
		r.Forget(&all[i])
	}
	if n := r.Held(); n != 0 {
		t.Errorf("%d are in use at the end", n)
	}
}

// TestAheadReadTooEarly: bytes that do not verify are read again from the file. If they do not
// verify there, they are not served.
func TestAheadReadTooEarly(t *testing.T) {
	l, where, texts := neighbours(t)
	r, a := l.reader(), new(Ahead)
	head := make([]byte, flash.Page)
	file := l.files[4].(countedFile).File
	file.ReadAt(head, flash.Page)
	l.write(4, start, make([]byte, 100)) // not yet there
	r.Read(a, where[0], l.files[4], whole)
	if _, err := l.openAhead(r, where[0], a); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("%v, want %v", err, format.ErrUnreadable)
	}
	l.write(4, flash.Page, head)
	m, err := l.openAhead(r, where[0], a)
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, m); got != texts[0] {
		t.Errorf("it reads %.40q", got)
	}
	m.Close()
	if l.pinned() != 0 {
		t.Errorf("%d pins are left", l.pinned())
	}
}
