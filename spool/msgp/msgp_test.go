package msgp_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	library "github.com/tinylib/msgp/msgp"

	"pillarbox/spool/msgp"
)

// edges are numbers at which one form ends and the next begins, and their neighbours.
func edges() (all []uint64) {
	for shift := range 64 {
		for _, near := range []uint64{0, 1, 2, 31, 32, 33} {
			all = append(all, 1<<shift-near, 1<<shift+near, -(uint64(1)<<shift)-near, -(uint64(1)<<shift)+near)
		}
	}
	return all
}

// TestAppend writes values with the library and without.
func TestAppend(t *testing.T) {
	for _, v := range edges() {
		begun := []byte("begun")
		for _, form := range []struct {
			name      string
			got, want []byte
		}{
			{"uint64", msgp.AppendUint64(begun, v), library.AppendUint64(begun, v)},
			{"uint32", msgp.AppendUint32(begun, uint32(v)), library.AppendUint32(begun, uint32(v))},
			{"uint16", msgp.AppendUint16(begun, uint16(v)), library.AppendUint16(begun, uint16(v))},
			{"int64", msgp.AppendInt64(begun, int64(v)), library.AppendInt64(begun, int64(v))},
			{"array", msgp.AppendArrayHeader(begun, uint32(v)), library.AppendArrayHeader(begun, uint32(v))},
		} {
			if !bytes.Equal(form.got, form.want) {
				t.Errorf("%s %#x: got %x, want %x", form.name, v, form.got, form.want)
			}
		}
	}
	for _, n := range []int{0, 1, 31, 32, 255, 256, math.MaxUint16, math.MaxUint16 + 1} {
		s := strings.Repeat("a", n)
		if got, want := msgp.AppendString(nil, s), library.AppendString(nil, s); !bytes.Equal(got, want) {
			t.Errorf("string of %d: got %x…, want %x…", n, got[:min(8, len(got))], want[:min(8, len(want))])
		}
	}
}

// TestRead reads each value whole, with octets after it, and cut short at every place.
func TestRead(t *testing.T) {
	for _, v := range edges() {
		for _, whole := range [][]byte{
			library.AppendUint64(nil, v), library.AppendInt64(nil, int64(v)), library.AppendArrayHeader(nil, uint32(v)),
			library.AppendString(nil, strings.Repeat("a", int(v%300))),
		} {
			compare(t, append(whole, "after"...))
			for n := range whole {
				compare(t, whole[:n])
			}
		}
	}
}

// FuzzRead reads any octets with the library and without.
func FuzzRead(f *testing.F) {
	for lead := range 256 {
		f.Add(append([]byte{byte(lead)}, "\xff234567890"...))
		f.Add(append([]byte{byte(lead)}, "\x00\x00\x00\x04567890"...))
	}
	f.Fuzz(compare)
}

// compare reads b as each kind of value: what comes out, what is left, and whether it is one at all.
func compare(t *testing.T, b []byte) {
	text, textRest, textOK := msgp.ReadString(b)
	wantText, wantTextRest, textErr := library.ReadStringZC(b)
	same(t, b, "string", string(text), string(wantText), textRest, wantTextRest, textOK, textErr)

	count, countRest, countOK := msgp.ReadArrayHeader(b)
	wantCount, wantCountRest, countErr := library.ReadArrayHeaderBytes(b)
	same(t, b, "array", count, wantCount, countRest, wantCountRest, countOK, countErr)

	number, numberRest, numberOK := msgp.ReadUint64(b)
	wantNumber, wantNumberRest, numberErr := library.ReadUint64Bytes(b)
	same(t, b, "uint64", number, wantNumber, numberRest, wantNumberRest, numberOK, numberErr)

	signed, signedRest, signedOK := msgp.ReadInt64(b)
	wantSigned, wantSignedRest, signedErr := library.ReadInt64Bytes(b)
	same(t, b, "int64", signed, wantSigned, signedRest, wantSignedRest, signedOK, signedErr)
}

func same[T comparable](t *testing.T, b []byte, kind string, got, want T, rest, wantRest []byte, ok bool, err error) {
	t.Helper()
	if ok != (err == nil) {
		t.Errorf("%s in %x: got %v, want %v", kind, b, ok, err)
	}
	if ok && (got != want || !bytes.Equal(rest, wantRest)) {
		t.Errorf("%s in %x: got %v and %x left, want %v and %x", kind, b, got, rest, want, wantRest)
	}
}
