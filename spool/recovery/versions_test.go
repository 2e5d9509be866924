package recovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// TestVersions: a spool is of the version that FORMAT, a header or a record says, the highest of
// them; FORMAT is written again if it said less. A version that this program does not know,
// anywhere, is refused, and nothing is written.
func TestVersions(t *testing.T) {
	type spool struct {
		file    int // version in FORMAT; 0: it is missing
		header  uint16
		remotes bool // a record of kind 8
	}
	for _, c := range []struct {
		name string
		s    spool
		want int // version of the open spool; 0: refused
		file int // version in FORMAT afterwards
	}{
		{"version 1", spool{1, 1, false}, 1, 1},
		{"version 1, a header that says 0", spool{1, 0, false}, 1, 1},
		{"version 2", spool{2, 2, true}, 2, 2},
		{"version 2, without remote ids yet", spool{2, 1, false}, 2, 2},
		{"FORMAT says 1, a header 2", spool{1, 2, false}, 2, 2},
		{"FORMAT says 1, and there are remote ids", spool{1, 1, true}, 2, 2},
		{"FORMAT is lost, headers of version 1", spool{0, 1, false}, 1, 1},
		{"FORMAT is lost, headers of version 2", spool{0, 2, false}, 2, 2},
		{"FORMAT is lost, headers of version 1, remote ids", spool{0, 1, true}, 2, 2},
		{"FORMAT says 3", spool{3, 2, false}, 0, 3},
		{"a header says 3", spool{2, 3, false}, 0, 2},
		{"FORMAT is lost, a header says 3", spool{0, 3, false}, 0, 0},
	} {
		for _, reading := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", reading ", reading), func(t *testing.T) {
				im := newImage(t)
				im.version = c.s.header
				s := im.begin(0, 1, format.ClassLog)
				s.batch(im.mail(0, 1), manifest(0))
				if c.s.remotes {
					s.batch(im.remote(true, 1, 3))
				}
				text := formatText(im.f, c.s.file)
				if text == "" {
					im.must(im.dev.Remove(format.Name))
				} else {
					im.storeFormat(text)
				}
				before := im.dev.Stats()
				opt := im.options()
				opt.ReadOnly = reading
				opened, err := Open(context.Background(), opt)
				if c.want == 0 {
					if did := im.dev.Stats().Sub(before); !errors.Is(err, format.ErrVersion) || did.Stores+did.Writes+did.Removes > 0 {
						t.Errorf("%v, and %+v was written", err, did)
					}
					return
				}
				im.must(err)
				defer opened.Log.Close()
				im.holds(opened, "1: 0")
				if opened.Format.Version != c.want && (opened.Format.Version != 0 || c.want != 1) {
					t.Errorf("it is of version %d, want %d", opened.Format.Version, c.want)
				}
				want := formatText(im.f, c.file)
				if reading {
					want = text
				}
				if got := string(im.dev.Bytes(format.Name)); got != want {
					t.Errorf("FORMAT says %q now, want %q", got, want)
				}
				if opened.FormatLost != (c.s.file == 0) {
					t.Errorf("FORMAT counts as lost: %v", opened.FormatLost)
				}
			})
		}
	}
}

// formatText is what FORMAT says in a version.
func formatText(f *format.Format, version int) string {
	if version == 0 {
		return ""
	}
	v := *f
	v.Version = version
	text := v.String()
	return strings.Replace(text, "version 1", fmt.Sprint("version ", version), 1)
}

// TestFirstStart: an empty folder becomes a spool, whose FORMAT is all that is on the device,
// unless it is opened for reading, the slot size is impossible or there are no random numbers.
func TestFirstStart(t *testing.T) {
	empty := func() *image {
		im := newImage(t)
		im.must(im.dev.Remove(format.Name))
		return im
	}
	im := empty()
	s := im.open()
	f, err := format.Parse(im.dev.Bytes(format.Name))
	if err != nil || f.SlotSize != testSlot || f.ID == [16]byte{} || *f != (format.Format{ID: s.Format.ID, SlotSize: testSlot, Version: 1}) {
		t.Errorf("FORMAT says %+v, %v", f, err)
	}
	if names, _ := im.dev.Names(); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
	for name, c := range map[string]struct {
		change func(im *image, o *Options)
		want   string
	}{
		"opened for reading":        {func(_ *image, o *Options) { o.ReadOnly = true }, "there is none yet"},
		"slots that are too small":  {func(_ *image, o *Options) { o.SlotSize = 4096 }, "a slot has"},
		"slots that are no pages":   {func(_ *image, o *Options) { o.SlotSize = testSlot + 1 }, "a slot has"},
		"no random numbers":         {func(_ *image, o *Options) { o.Rand = strings.NewReader("short") }, "no random numbers"},
		"a device that is full":     {func(im *image, _ *Options) { im.dev.FailAt(im.dev.Ops()+1, syscall.ENOSPC) }, "write FORMAT"},
		"capacity of seven slots":   {func(_ *image, o *Options) { o.Capacity = 7 * testSlot }, "less than 8 slots"},
		"capacity of too many":      {func(_ *image, o *Options) { o.Capacity = 1 << 40 }, "more than"},
		"a file that is none of it": {func(im *image, _ *Options) { im.must(im.dev.Store("readme.txt", nil)) }, "none of a spool's"},
	} {
		im := empty()
		opt := im.options()
		c.change(im, &opt)
		if _, err := Open(context.Background(), opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		if n := im.dev.Handles(); n != 0 {
			t.Errorf("%s: %d files are open", name, n)
		}
	}
}

// TestUnreadableNames: errors of the device come with what was read.
func TestUnreadableNames(t *testing.T) {
	dev := flashtest.New(flashtest.Options{CountReads: true})
	im := newImage(t)
	im.dev = dev
	im.storeFormat(im.f.String())
	im.begin(0, 1, format.ClassLog).batch(im.mail(0, 1), manifest(0))
	seen := make(map[string]bool)
	for k := 1; ; k++ {
		d := dev.Clone()
		d.FailAt(d.Ops()+k, syscall.EIO)
		opt := im.options()
		opt.Volume = d
		s, err := Open(context.Background(), opt)
		if err == nil {
			over := d.Ops() < dev.Ops()+k
			s.Log.Close()
			if over {
				break
			}
			continue
		}
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("read %d: %v", k, err)
		}
		for _, what := range []string{"list the spool", "open slot", "read slot"} {
			if strings.Contains(err.Error(), what) {
				seen[what] = true
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("only %v were said", seen)
	}
}

// TestSlotNumberBeyondAny: a slot with a number that no capacity has is not a slot of this spool.
func TestSlotNumberBeyondAny(t *testing.T) {
	im := newImage(t)
	file, err := im.dev.Create(slots.Name(slots.MaxNumber), testSlot)
	im.must(err)
	file.Close()
	if _, err := Open(context.Background(), im.options()); !errors.Is(err, format.ErrForeign) {
		t.Errorf("%v, want %v", err, format.ErrForeign)
	}
}

// TestShortSlot: where slots grow, one that ends in its header, or anywhere, is what a power cut
// leaves: the rest counts as zeros.
func TestShortSlot(t *testing.T) {
	for length, want := range map[int64]string{0: "", 512: "", flash.Page: "", flash.Page + 100: "", 2 * flash.Page: "1: 0"} {
		im := newImage(t)
		im.dev = flashtest.New(flashtest.Options{Mode: flash.Append})
		im.storeFormat(im.f.String())
		whole := im.begin(0, 1, format.ClassLog)
		whole.batch(im.mail(0, 1), manifest(0))
		short := &shortVolume{Volume: im.dev, name: slots.Name(0), length: length}
		opt := im.options()
		opt.Volume = short
		s, err := Open(context.Background(), opt)
		if err != nil {
			t.Errorf("%d bytes: %v", length, err)
			continue
		}
		im.holds(s, want)
		im.damaged(s, 0, s.Torn)
		s.Log.Close()
	}
}

// A shortVolume has a slot that ends early.
type shortVolume struct {
	flash.Volume
	name   string
	length int64
}

func (v *shortVolume) Open(name string) (flash.File, error) {
	f, err := v.Volume.Open(name)
	if name == v.name && err == nil {
		f = shortFile{f, v.length}
	}
	return f, err
}

type shortFile struct {
	flash.File
	length int64
}

func (f shortFile) ReadAt(p []byte, off int64) (int, error) { return f.cut(f.File.ReadAt, p, off) }

func (f shortFile) ReadUncached(p []byte, off int64) (int, error) {
	return f.cut(f.File.ReadUncached, p, off)
}

func (f shortFile) cut(read func([]byte, int64) (int, error), p []byte, off int64) (int, error) {
	n, err := read(p, off)
	if left := f.length - off; int64(n) > left {
		n, err = int(max(0, left)), io.EOF
	}
	return n, err
}

// TestLostFormat: what FORMAT said is taken from the slots when they agree.
func TestLostFormat(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(im *image)
		want   error // nil: it opens
	}{
		{"missing", func(im *image) { im.must(im.dev.Remove(format.Name)) }, nil},
		{"empty", func(im *image) { im.storeFormat("") }, nil},
		{"zeros", func(im *image) { im.storeFormat("\x00\x00\x00") }, nil},
		{"half of it", func(im *image) { im.storeFormat(im.f.String()[:30]) }, nil},
		{"another id", func(im *image) { im.storeFormat((&format.Format{SlotSize: testSlot}).String()) }, nil},
		{"missing, and slots of two spools", func(im *image) {
			im.must(im.dev.Remove(format.Name))
			im.f = &format.Format{SlotSize: testSlot, ID: [16]byte{99}}
			im.begin(3, 9, format.ClassLog).batch(im.mail(0, 1), manifest(0))
		}, format.ErrForeign},
		{"missing, and no slot says what it held", func(im *image) {
			im.must(im.dev.Remove(format.Name))
			im.must(im.dev.Remove(slots.Name(0)))
			file, err := im.dev.Create(slots.Name(1), testSlot)
			im.must(err)
			file.Close()
		}, format.ErrForeign},
		{"a slot of another spool", func(im *image) {
			im.f = &format.Format{SlotSize: testSlot, ID: [16]byte{99}}
			im.begin(3, 9, format.ClassLog).batch(im.mail(0, 1), manifest(0))
		}, format.ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			im := newImage(t)
			id := im.f.ID
			im.begin(0, 1, format.ClassLog).batch(im.mail(0, 1), manifest(0))
			c.damage(im)
			s, err := Open(context.Background(), im.options())
			if c.want != nil {
				if !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				return
			}
			im.must(err)
			defer s.Log.Close()
			im.holds(s, "1: 0")
			if s.Format.ID != id || !s.FormatLost {
				t.Errorf("id %x, lost %v", s.Format.ID, s.FormatLost)
			}
			if f, err := format.Parse(im.dev.Bytes(format.Name)); err != nil || f.ID != id {
				t.Errorf("FORMAT says %+v now, %v", f, err)
			}
		})
	}
}

// TestFormatThatIsForeign: a file that was put in the place of FORMAT is refused whatever slots
// say.
func TestFormatThatIsForeign(t *testing.T) {
	im := newImage(t)
	im.begin(0, 1, format.ClassLog).batch(im.mail(0, 1), manifest(0))
	for _, fault := range []error{flash.ErrForeign, os.ErrPermission} {
		opt := im.options()
		opt.Volume = loadVolume{im.dev, fault}
		_, err := Open(context.Background(), opt)
		if foreign := errors.Is(fault, flash.ErrForeign); foreign != errors.Is(err, flash.ErrForeign) {
			t.Errorf("FORMAT fails with %v: %v", fault, err)
		}
	}
}

type loadVolume struct {
	flash.Volume
	err error
}

func (v loadVolume) Load(string) ([]byte, error) { return nil, v.err }

// TestRation: a start that has not the memory for all entries makes those of the first messages of
// the largest mailboxes; the others are hidden, and what they lie in is neither retired nor moved.
func TestRation(t *testing.T) {
	const large = 3 << bucketBits
	im := newImage(t)
	s := im.begin(0, 1, format.ClassCold)
	for n := range uint32(6) { // one in each half bucket
		s.batch(im.moved(n<<(bucketBits-1), 1))
	}
	s.batch(im.moved(large+1, 2), im.moved(large+2, 2))
	im.index.LoadBytes = 6 * index.EntryBytes
	opened := im.open()
	im.holds(opened, fmt.Sprintf("1: 0 2048 4096 6144, 2: %d %d", large+1, large+2))
	opened.Index.Read(func(d *index.Data) {
		if d.Hidden != 2 || !d.Mailboxes[1].Hides || d.Mailboxes[2].Hides {
			t.Errorf("%d messages are hidden, in mailbox 1 %v, in mailbox 2 %v", d.Hidden, d.Mailboxes[1].Hides, d.Mailboxes[2].Hides)
		}
	})
	if g := opened.Table.Segments()[0]; g.Live != 8 || !g.Stuck {
		t.Errorf("the segment counts %+v", g)
	}
}
