package flashtest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

func TestEverySubsetOfFewSectorsComesBack(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	write(t, f, 0, 'a')
	put(t, f, 0, 'b')
	subsets := make(map[string]bool)
	fates := make(map[string]int)
	for _, after := range d.Outcomes(seed, 8) {
		reading := sectors(after.Bytes("00000")[:flash.Page], 'a', 'b')
		if strings.Trim(reading, "ab") == "" {
			subsets[reading] = true
		}
		for _, c := range reading {
			fates[string(c)]++
		}
	}
	if len(subsets) != 256 {
		t.Errorf("%d of 256 subsets of 8 sectors came back", len(subsets))
	}
	for _, fate := range []string{"t", "T", "?"} {
		if fates[fate] == 0 {
			t.Errorf("no sector came back %s: %v", fate, fates)
		}
	}
}

func TestLaterWriteMayOvertake(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f, g := create(t, d, "00000"), create(t, d, "00001")
	put(t, f, 0, 'a')
	put(t, g, 0, 'b')
	found := false
	for _, after := range d.Outcomes(seed, 0) {
		found = found || sectors(after.Bytes("00000"), 0, 'a') == strings.Repeat("\x00", slot/flashtest.Sector) &&
			bytes.Equal(after.Bytes("00001")[:flash.Page], fill('b'))
	}
	if !found {
		t.Error("the second write never came back without the first")
	}
}

func TestEarlierVersionsMayComeBack(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	for _, b := range []byte("abc") {
		put(t, f, 0, b)
	}
	found := make(map[byte]bool)
	for _, after := range d.Outcomes(seed, 8) {
		found[after.Bytes("00000")[0]] = true
	}
	for _, b := range []byte("\x00abc") {
		if !found[b] {
			t.Errorf("%q never came back", b)
		}
	}
	for _, want := range []string{"aaaaaaaa", "bbbbbbbb"} {
		if !slices.Contains(titles(d, 8), "00000="+want) {
			t.Errorf("%s is not among the outcomes", want)
		}
	}
}

func TestRandomMixtures(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f := create(t, d, "00000")
	put(t, f, 0, 'a')
	put(t, f, flash.Page, 'b')
	mixed := 0
	for _, title := range titles(d, 0) {
		if strings.Contains(title, "+") && strings.Contains(title, ".") && strings.ContainsAny(title, "tT") && strings.Contains(title, "g") {
			mixed++
		}
	}
	if mixed == 0 {
		t.Error("no outcome has kept, dropped, torn and garbled sectors at once")
	}
}

func TestManySectorsGiveBoundedFamilies(t *testing.T) {
	d := flashtest.New(flashtest.Options{})
	f, err := d.Create("00000", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p := flash.Aligned(1 << 20)
	for i := range p {
		p[i] = 'a'
	}
	if _, err := f.WriteAt(p, 0); err != nil {
		t.Fatal(err)
	}
	titles := make(map[string]bool)
	for title := range d.Outcomes(seed, 8) {
		titles[strings.TrimPrefix(title, "00000=")] = true
	}
	n := len(p) / flashtest.Sector
	if len(titles) < 500 || len(titles) > 2500 {
		t.Errorf("%d devices for %d sectors", len(titles), n)
	}
	// What a log must survive most: nothing, all, and a prefix that ends in a torn sector.
	for _, want := range []string{
		strings.Repeat(".", n), strings.Repeat("+", n),
		"+++t" + strings.Repeat(".", n-4),
		"+++" + strings.Repeat(".", n-3), strings.Repeat("+", 24) + strings.Repeat(".", n-24),
		"..." + strings.Repeat("+", n-3), strings.Repeat(".", 24) + strings.Repeat("+", n-24),
		"..+" + strings.Repeat(".", n-3), strings.Repeat(".", 16) + "++++++++" + strings.Repeat(".", n-24),
		"++." + strings.Repeat("+", n-3), strings.Repeat("+", 16) + "........" + strings.Repeat("+", n-24),
	} {
		if !titles[want] {
			t.Errorf("%.20s... is not among them", want)
		}
	}
}

// sectors reads p sector by sector: the byte old or young where a sector is all that, 't' and 'T'
// where it is torn, '?' where it is neither.
func sectors(p []byte, old, young byte) string {
	var reading []byte
	half := func(b byte) []byte { return bytes.Repeat([]byte{b}, flashtest.Sector/2) }
	for s := range slices.Chunk(p, flashtest.Sector) {
		head, tail := s[:flashtest.Sector/2], s[flashtest.Sector/2:]
		switch {
		case bytes.Equal(head, half(old)) && bytes.Equal(tail, half(old)):
			reading = append(reading, old)
		case bytes.Equal(head, half(young)) && bytes.Equal(tail, half(young)):
			reading = append(reading, young)
		case bytes.Equal(head, half(young)) && bytes.Equal(tail, half(old)):
			reading = append(reading, 't')
		case bytes.Equal(head, half(old)) && bytes.Equal(tail, half(young)):
			reading = append(reading, 'T')
		default:
			reading = append(reading, '?')
		}
	}
	return string(reading)
}
