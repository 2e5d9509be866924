package disk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A script has a step on each line. Sectors have one letter each: "." was never written.
//
//	write 2 ab      sectors 2 and 3 become a and b
//	through 2 a     the same with FUA
//	trim 2 1        from sector 2, one sector
//	flush
//	cut             at once
//	cut at 2        at the second request from here
//	power drop      applies the fate and turns the power on
//
// A step that fails because the power is off has "!" in front.
func TestCache(t *testing.T) {
	for _, row := range []struct {
		name, script, want string
	}{
		{"a write that was not flushed is dropped", "write 0 ab; cut; power drop", "......"},
		{"a flushed write stays", "write 0 ab; flush; cut; power drop", "ab...."},
		{"a write after the flush is dropped", "write 0 a; flush; write 1 b; cut; power drop", "a....."},
		{"a write with FUA stays", "through 3 a; cut; power drop", "...a.."},
		{"FUA is for its own write alone", "write 0 a; through 1 b; cut; power drop", ".b...."},
		{"an older cached write does not come over one with FUA", "write 0 abc; through 1 x; cut; power keep", "axc..."},
		{"a newer cached write comes over one with FUA", "through 1 x; write 0 abc; cut; power keep", "abc..."},
		{"the later of two writes wins", "write 0 ab; write 1 c; cut; power keep", "ac...."},
		{"an overwrite that is dropped brings back what was flushed", "write 0 a; flush; write 0 b; cut; power drop", "a....."},
		{"trim is as volatile as a write", "write 0 ab; flush; trim 0 1; cut; power drop", "ab...."},
		{"a flushed trim stays", "write 0 ab; flush; trim 0 1; flush; cut; power drop", ".b...."},
		{"the flush at which the power goes is not done", "write 0 a; cut at 1; !flush; power drop", "......"},
		{"the write at which the power goes is dropped", "cut at 2; write 0 a; !write 1 b; power drop", "......"},
		{"the write at which the power goes can be done", "cut at 2; write 0 a; !write 1 b; power keep", "ab...."},
		{"nothing is done without power", "write 0 a; flush; cut; !write 1 b; !flush; !trim 0 1; power keep", "a....."},
		{"a second life", "cut; power drop; write 0 a; flush; cut; power drop", "a....."},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := New(make([]byte, 6*Sector))
			for _, step := range strings.Split(row.script, "; ") {
				refused := strings.HasPrefix(step, "!")
				if err := play(d, strings.TrimPrefix(step, "!")); (err != nil) != refused {
					t.Fatalf("%s: %v", step, err)
				}
			}
			if got := letters(d.Medium()); got != row.want {
				t.Errorf("medium: got %q want %q", got, row.want)
			}
			seen := make([]byte, d.Size())
			if err := d.read(seen, 0); err != nil {
				t.Fatal(err)
			}
			if got := letters(seen); got != row.want {
				t.Errorf("read after power: got %q want %q", got, row.want)
			}
		})
	}
}

func play(d *Disk, step string) error {
	verb, rest, _ := strings.Cut(step, " ")
	var at, n int64
	var text string
	switch verb {
	case "write", "through":
		fmt.Sscan(rest, &at, &text)
		var data []byte
		for _, letter := range []byte(text) {
			data = append(data, bytes.Repeat([]byte{letter}, Sector)...)
		}
		return d.write(data, at*Sector, verb == "through")
	case "trim":
		fmt.Sscan(rest, &at, &n)
		return d.trim(at*Sector, n*Sector)
	case "flush":
		return d.flush()
	case "cut":
		if _, err := fmt.Sscanf(rest, "at %d", &n); err == nil {
			d.CutAt(n)
		} else {
			d.Cut()
		}
		return nil
	case "power":
		for _, f := range Fates {
			if f.String() == rest {
				d.Power(f, nil)
				return nil
			}
		}
	}
	return errors.New("no such step")
}

// letters returns a letter for each sector: "." for zeros, "?" for a sector with different octets.
func letters(image []byte) string {
	var b strings.Builder
	for at := 0; at < len(image); at += Sector {
		sector := image[at : at+Sector]
		switch {
		case bytes.Count(sector, sector[:1]) != Sector:
			b.WriteByte('?')
		case sector[0] == 0:
			b.WriteByte('.')
		default:
			b.WriteByte(sector[0])
		}
	}
	return b.String()
}

// A torn write leaves some of its sectors, whole. The same seed leaves the same ones. What was
// flushed stays.
func TestTear(t *testing.T) {
	tear := func(seed uint64) string {
		d := New(make([]byte, 24*Sector))
		play(d, "write 0 aaaaaaaa")
		play(d, "flush")
		play(d, "write 4 bbbbbbbb")
		play(d, "write 12 cccccccccccc")
		play(d, "cut")
		d.Power(Tear, rand.New(rand.NewPCG(seed, 0)))
		return letters(d.Medium())
	}
	outcomes := map[string]bool{}
	var none, all, some int
	for seed := range uint64(200) {
		got := tear(seed)
		if again := tear(seed); got != again {
			t.Fatalf("seed %d: %q and then %q", seed, got, again)
		}
		outcomes[got] = true
		if !strings.HasPrefix(got, "aaaa") || strings.Trim(got[4:8], "ab") != "" || strings.Trim(got[8:12], ".b") != "" || strings.Trim(got[12:], ".c") != "" {
			t.Fatalf("seed %d: %q cannot come of these writes", seed, got)
		}
		switch strings.Count(got, "c") {
		case 0:
			none++
		case 12:
			all++
		default:
			some++
		}
	}
	if none < 30 || all < 30 || some < 30 || len(outcomes) < 60 {
		t.Errorf("of 200 seeds %d left nothing, %d all, %d some of a write: %d outcomes", none, all, some, len(outcomes))
	}
}

func TestRanges(t *testing.T) {
	d := New(make([]byte, 4*Sector))
	for _, row := range []struct {
		name           string
		offset, length int64
	}{
		{"past the end", 3 * Sector, 2 * Sector},
		{"behind the end", 5 * Sector, Sector},
		{"before the beginning", -Sector, Sector},
		{"a sum that overflows", 1<<63 - Sector, Sector},
		{"half a sector", 0, Sector / 2},
		{"across two sectors", Sector / 2, Sector},
	} {
		t.Run(row.name, func(t *testing.T) {
			data := make([]byte, row.length)
			if err := d.write(data, row.offset, false); err != errRange {
				t.Errorf("write: %v", err)
			}
			if err := d.read(data, row.offset); err != errRange {
				t.Errorf("read: %v", err)
			}
			if err := d.trim(row.offset, row.length); err != errRange {
				t.Errorf("trim: %v", err)
			}
		})
	}
	if c := d.Count(); c != (Count{}) {
		t.Errorf("counted although refused: %+v", c)
	}
}

// A stalled disk blocks requests that would change it until Resume. It serves reads, and a cut
// ends the blocked requests.
func TestStall(t *testing.T) {
	d := New(make([]byte, 2*Sector))
	d.Stall()
	written := make(chan error)
	go func() { written <- play(d, "write 0 a") }()
	if err := d.read(make([]byte, Sector), 0); err != nil {
		t.Errorf("read while stalled: %v", err)
	}
	select {
	case err := <-written:
		t.Fatalf("written while stalled: %v", err)
	default:
	}
	d.Resume()
	if err := <-written; err != nil {
		t.Errorf("resumed: %v", err)
	}
	d.Stall()
	go func() { written <- play(d, "flush") }()
	d.Cut()
	if err := <-written; err != errOff {
		t.Errorf("cut while stalled: %v", err)
	}
	<-d.Dead()
}

func TestCount(t *testing.T) {
	d := New(make([]byte, 8*Sector))
	for _, step := range []string{"write 0 abc", "flush", "through 1 a", "trim 0 2", "flush"} {
		if err := play(d, step); err != nil {
			t.Fatal(err)
		}
	}
	before := d.Count()
	if want := (Count{Writes: 2, Octets: 4 * Sector, Flushes: 3, Trims: 1}); before != want {
		t.Errorf("got %+v want %+v", before, want)
	}
	play(d, "write 0 a")
	if got, want := d.Count().Minus(before), (Count{Writes: 1, Octets: Sector}); got != want {
		t.Errorf("since: got %+v want %+v", got, want)
	}
}
