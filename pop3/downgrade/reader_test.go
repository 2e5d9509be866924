package downgrade

import (
	"strings"
	"testing"
	"testing/iotest"
)

// TestReader: the end of a field is found wherever a read ends, and a field larger than maxField
// is skipped as a whole.
func TestReader(t *testing.T) {
	long := "X-Long: " + strings.Repeat("x", maxField) + "\r\n"
	folded := "X-Folded: " + strings.Repeat("x\r\n ", maxField/2) + "\r\n"
	at := func(octets int, field string) string { // field after a first one of that size
		return "A: " + strings.Repeat("a", octets-5) + "\r\n" + field
	}
	tests := []struct {
		name   string
		fields []string
		field  bool // the last of them is one
	}{
		{"none", nil, false},
		{"a blank line", []string{"\r\n"}, true},
		{"two fields", []string{"A: a\r\n", "B: b\r\n", "\r\n"}, true},
		{"folded with blank and tab", []string{"A: a\r\n b\r\n\tc\r\n", "B:\r\n"}, true},
		{"a line that is no field", []string{"A: a\r\n", "text\r\n"}, false},
		{"without a last line end", []string{"A: a\r\n", "B: b"}, true},
		{"the largest that is held",
			[]string{"A:" + strings.Repeat("a", maxField-4) + "\r\n", "B: b\r\n"}, true},
		{"a long line", []string{"A: a\r\n", long, "B: b\r\n"}, true},
		{"a long line at the end", []string{"A: a\r\n", long}, true},
		{"a long field of short lines", []string{"A: a\r\n", folded, "B: b\r\n"}, true},
		{"a long line without a name",
			[]string{"A: a\r\n", strings.Repeat("x", maxField+1) + "\r\n"}, false},
		{"a line end at the end of a read", []string{at(readSize, ""), " b\r\n", "C: c\r\n"}, true},
		{"CR and LF in two reads", []string{at(readSize+1, ""), "C: c\r\n"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := strings.Join(tt.fields, "")
			if tt.name == "a line end at the end of a read" {
				tt.fields = []string{tt.fields[0] + tt.fields[1], tt.fields[2]}
			}
			r := NewReader(strings.NewReader(header), int64(len(header)))
			for i, want := range tt.fields {
				more, err := r.next()
				if !more || err != nil {
					t.Fatalf("field %d: %v, %v", i, more, err)
				}
				if got := header[r.from:r.to]; got != want {
					t.Errorf("field %d is %.40q of %d octets, want %.40q of %d", i, got, len(got), want, len(want))
				}
				if held := len(want) <= maxField; r.whole != held || held && string(r.text()) != want {
					t.Errorf("field %d is held: %v, %.40q", i, r.whole, r.text())
				}
				if last := i == len(tt.fields)-1; r.field != (tt.field || !last) {
					t.Errorf("field %d is a field: %v", i, r.field)
				}
			}
			if more, err := r.next(); more || err != nil {
				t.Errorf("after the last: %v, %v", more, err)
			}
		})
	}
}

// TestReaderHoldsOneField: for a header of any size one field is in memory, and what one read
// returns in addition.
func TestReaderHoldsOneField(t *testing.T) {
	long := "X-Long: " + strings.Repeat("y", 300_000) + "\r\n"
	header := strings.Repeat("Subject: "+strings.Repeat("ü\r\n ", 10_000)+"x\r\n"+long, 20)
	r := NewReader(strings.NewReader(header), int64(len(header)))
	changes := 0
	for {
		change, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !change {
			break
		}
		changes++
	}
	if changes != 20 {
		t.Errorf("%d fields change, want 20", changes)
	}
	if got, most := cap(r.buffer), 2*(maxField+readSize); got > most { // append doubles
		t.Errorf("it holds %d octets, want at most %d", got, most)
	}
}

// TestRewritingIsBounded: a header of any size is rewritten, but only maxRewritten octets of it, so
// that no sender can make a download expensive.
func TestRewritingIsBounded(t *testing.T) {
	const fields, fit = 100, maxRewritten / maxField
	one := "To: ü" + strings.Repeat("x", maxField-8) + "\r\n"
	filler := strings.Repeat("X-Filler: x\r\n", 500_000) // is not counted
	header := filler + strings.Repeat(one, fields)
	r := NewReader(strings.NewReader(header), int64(len(header)))
	changes := 0
	for {
		change, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !change {
			break
		}
		changes++
	}
	if len(one) != maxField || changes != fit {
		t.Errorf("%d fields of %d octets are rewritten, want %d", changes, len(one), fit)
	}
}

// TestReaderError: after a failed read the header is not taken for a shorter one.
func TestReaderError(t *testing.T) {
	for name, body := range map[string]*strings.Reader{
		"shorter than its header": strings.NewReader("Subject: ü\r\nX: "),
		"empty":                   strings.NewReader(""),
	} {
		r := NewReader(body, 100)
		if change, err := r.Next(); change || err == nil {
			t.Errorf("%s: %v, %v", name, change, err)
		}
	}
	r := NewReader(failing{}, 100)
	if change, err := r.Next(); change || err != iotest.ErrTimeout {
		t.Errorf("a bad block: %v, %v", change, err)
	}
}

// failing is a body that cannot be read.
type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }

// FuzzReader: the fields are a partition of the header up to the end or the first line that is not
// a field, and each is in memory if it is not larger than maxField. A field is repeated so that it
// can be larger than that.
func FuzzReader(f *testing.F) {
	f.Add("A: a\r\n b\r\nB: b\r\n\r\n", uint16(1))
	f.Add("X: "+strings.Repeat("x", 200)+"\r\n ", uint16(400))
	f.Add("no field\r\n", uint16(2))
	f.Add(" \n\n\t\r", uint16(3))
	f.Fuzz(func(t *testing.T, text string, times uint16) {
		if len(text)*int(times) > 4*maxField {
			return
		}
		header := strings.Repeat(text, int(times))
		r := NewReader(strings.NewReader(header), int64(len(header)))
		at := int64(0)
		for {
			more, err := r.next()
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			from, to := r.Range()
			if from != at || to <= from {
				t.Fatalf("a field of %q from %d to %d follows offset %d", header, from, to, at)
			}
			held := r.text()
			if r.whole != (to-from <= maxField) || r.whole && string(held) != header[from:to] {
				t.Fatalf("the field from %d to %d of %q is in memory: %v, %q", from, to, header, r.whole, held)
			}
			if next := header[to:]; strings.HasPrefix(next, " ") || strings.HasPrefix(next, "\t") {
				t.Fatalf("a field of %q ends at %d, before a folded line", header, to)
			}
			at = to
		}
		if at != int64(len(header)) {
			t.Errorf("the fields of %q end at %d", header, at)
		}
	})
}
