package wire

import (
	"bytes"
	"strings"
	"testing"
)

// scanAll scans in step by step octets, as far as the end of data.
func scanAll(s *Scanner, in []byte, step int) (out []byte, used int, done bool) {
	for used < len(in) && !done {
		var n int
		out, n, done = s.Scan(out, in[used:min(used+step, len(in))])
		used += n
	}
	return out, used, done
}

// TestScanLineEnds: one way to end a line and one to end the data, whatever a sender writes.
func TestScanLineEnds(t *testing.T) {
	const end = ".\r\n"
	tests := []struct {
		name, in, want string
		rest           string // behind the end of data
	}{
		{"nothing", ".\r\n", end, ""},
		{"one line", "hi\r\n.\r\n", "hi\r\n" + end, ""},
		{"the next command", "hi\r\n.\r\nQUIT\r\n", "hi\r\n" + end, "QUIT\r\n"},
		{"transparency", "..x\r\n...\r\n.\r\n", "..x\r\n...\r\n" + end, ""},
		{"dot that was not stuffed", ".x\r\n.\r\n", "x\r\n" + end, ""},
		{"bare LF", "a\nb\n\r\n.\r\n", "a\r\nb\r\n\r\n" + end, ""},
		{"dot after bare LF", "a\n.b\r\n.\r\n", "a\r\n..b\r\n" + end, ""},
		{"two dots after bare LF", "a\n..b\r\n.\r\n", "a\r\n...b\r\n" + end, ""},
		{"stray CR", "a\rb\r\n.\r\n", "a b\r\n" + end, ""},
		{"many stray CRs", "\r\r\ra\r\rb\r\r\n.\r\n", "   a  b \r\n" + end, ""},
		{"zero octets and 8 bit", "\x00\xff\r\n.\r\n", " \xff\r\n" + end, ""},
		{"zero octets everywhere", "\x00a\x00\x00b\x00\r\n\x00\r\n.\x00\r\n\r\x00\n\x00.\r\n.\r\n", " a  b \r\n \r\n \r\n  \r\n .\r\n" + end, ""},

		{"LF.LF", "a\n.\nEVIL\r\n.\r\n", "a\r\n..\r\nEVIL\r\n" + end, ""},
		{"LF.CRLF", "a\n.\r\nEVIL\r\n.\r\n", "a\r\n..\r\nEVIL\r\n" + end, ""},
		{"CRLF.LF", "a\r\n.\nEVIL\r\n.\r\n", "a\r\n..\r\nEVIL\r\n" + end, ""},
		{"CRLF.LF.CRLF", "a\r\n.\n.\r\nEVIL\r\n.\r\n", "a\r\n..\r\n..\r\nEVIL\r\n" + end, ""},
		{"LFLF.LF", "a\n\n.\nEVIL\r\n.\r\n", "a\r\n\r\n..\r\nEVIL\r\n" + end, ""},
		{"CRLF.CR CRLF", "a\r\n.\r\r\nEVIL\r\n.\r\n", "a\r\n \r\nEVIL\r\n" + end, ""},
		{"CR.CR", "a\r.\rEVIL\r\n.\r\n", "a . EVIL\r\n" + end, ""},
		{"CR.CRLF", "a\r.\r\nEVIL\r\n.\r\n", "a .\r\nEVIL\r\n" + end, ""},
		{"CRLF.CR", "a\r\n.\rEVIL\r\n.\r\n", "a\r\n EVIL\r\n" + end, ""},
		{"LF.LF at the very beginning", ".\nEVIL\r\n.\r\n", "..\r\nEVIL\r\n" + end, ""},
		{"CR before the end", "hi\r\r\n.\r\n", "hi \r\n" + end, ""},
		{"CR before CRLF and the end", "hi\r\n.\r\r\n.\r\n", "hi\r\n \r\n" + end, ""},
		{"dot, CR and an octet", "hi\r\n.\rx\r\n.\r\n", "hi\r\n x\r\n" + end, ""},
		{"LF CR LF dot", "a\n\r\n.\r\n", "a\r\n\r\n" + end, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := []byte(tt.in)
			for step := 1; step <= len(in); step++ {
				var s Scanner
				out, used, done := scanAll(&s, in, step)
				if string(out) != tt.want || !done || string(in[used:]) != tt.rest {
					t.Fatalf("%d at a time: got %q, done %v, rest %q; want %q, rest %q",
						step, out, done, in[used:], tt.want, tt.rest)
				}
				checkShape(t, s.Shape(), out)
			}
		})
	}
}

// TestScanUnended: what only looks like the end leaves the data open.
func TestScanUnended(t *testing.T) {
	for _, in := range []string{
		"", "a\r\n", "a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\n\n.\n", "a\r\n.\r\r\n", "a\r.\r", "a\r\n.", "a\r\n.\r",
		"a\r\n. \r\n", "a\r\n..\r\n",
	} {
		var s Scanner
		if out, used, done := scanAll(&s, []byte(in), len(in)+1); done || used != len(in) {
			t.Errorf("%q: done %v, %d of %d octets used, %q", in, done, used, len(in), out)
		}
	}
}

func TestScanRaw(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", ".\r\n"},
		{"whole lines", "a\r\nb\r\n", "a\r\nb\r\n.\r\n"},
		{"no line end at the end", "a\r\nb", "a\r\nb\r\n.\r\n"},
		{"a CR at the end", "a\r", "a \r\n.\r\n"},
		{"a dot alone is content", "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
		{"dots at the beginning", ".a\n..b\r\n", "..a\r\n...b\r\n.\r\n"},
		{"bare LF and CR", "a\nb\rc\r\n", "a\r\nb c\r\n.\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for step := 1; step <= len(tt.in)+1; step++ {
				var s Scanner
				var out []byte
				for rest := []byte(tt.in); len(rest) > 0; {
					n := min(step, len(rest))
					out, rest = s.ScanRaw(out, rest[:n]), rest[n:]
				}
				if out = s.Close(out); string(out) != tt.want {
					t.Fatalf("%d at a time: got %q, want %q", step, out, tt.want)
				}
				if again := s.Close(out); len(again) != len(out) {
					t.Errorf("a second Close appended %q", again[len(out):])
				}
				checkShape(t, s.Shape(), out)
			}
		})
	}
}

func TestShape(t *testing.T) {
	tests := []struct {
		name, head, in string
		want           Shape
	}{
		{"empty", "", ".\r\n", Shape{Octets: 0, Stored: 3, Header: 0}},
		{"header and body", "", "A: b\r\n\r\n..c\r\n.\r\n", Shape{Octets: 12, Stored: 16, Header: 8, LongestLine: 4}},
		{"no blank line", "", "A: b\r\n..c\r\n.\r\n", Shape{Octets: 10, Stored: 14, Header: 11, LongestLine: 4}},
		{"body alone", "", "\r\nc\r\n.\r\n", Shape{Octets: 5, Stored: 8, Header: 2, LongestLine: 1}},
		{"stuffed header", "", "..A: b\r\n\r\n.\r\n", Shape{Octets: 9, Stored: 13, Header: 10, LongestLine: 5}},
		{"bare LF is counted as CRLF", "", "A: b\n\nc\n\r\n.\r\n", Shape{Octets: 13, Stored: 16, Header: 8, LongestLine: 4}},
		{"zero octet", "", "a\x00\r\n.\r\n", Shape{Octets: 4, Stored: 7, Header: 4, LongestLine: 2, NUL: true}},
		{"8 bit", "", "a\x80\r\n.\r\n", Shape{Octets: 4, Stored: 7, Header: 4, LongestLine: 2, EightBit: true}},
		{"not of the next command", "", "a\r\n.\r\n\x00\xff", Shape{Octets: 3, Stored: 6, Header: 3, LongestLine: 1}},
		{"hops", "Received: by me\r\n", "RECEIVED: a\r\nX-Received: b\r\nreceived:\r\n\r\nReceived: no\r\n.\r\n",
			Shape{Octets: 72, Stored: 75, Header: 58, LongestLine: 15, Received: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for step := 1; step <= len(tt.in); step++ {
				var s Scanner
				head := s.ScanRaw(nil, []byte(tt.head))
				out, _, _ := scanAll(&s, []byte(tt.in), step)
				if got := s.Shape(); got != tt.want {
					t.Fatalf("%d at a time: got  %+v\nwant %+v", step, got, tt.want)
				}
				checkShape(t, s.Shape(), append(head, out...))
			}
		})
	}
}

// checkShape measures the wire form the slow way.
func checkShape(t *testing.T, got Shape, wire []byte) {
	t.Helper()
	body, ok := bytes.CutSuffix(wire, []byte(".\r\n"))
	if !ok || len(body) > 0 && !bytes.HasSuffix(body, []byte("\r\n")) {
		t.Fatalf("not closed: %q", wire)
	}
	if bytes.IndexByte(wire, 0) >= 0 {
		t.Fatalf("a zero octet in %q", wire)
	}
	want := Shape{Stored: int64(len(wire)), Header: int64(len(body)), NUL: got.NUL} // of the source
	want.EightBit = strings.IndexFunc(string(body), func(r rune) bool { return r >= 0x80 }) >= 0
	offset, inHeader := int64(0), true
	for line := range bytes.SplitAfterSeq(body, []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		offset += int64(len(line))
		text := line[:len(line)-2]
		if bytes.ContainsAny(text, "\r\n") {
			t.Fatalf("CR or LF inside the line %q", line)
		}
		if len(text) > 0 && text[0] == '.' {
			if text = text[1:]; len(text) == 0 {
				t.Fatalf("a lone dot in %q", wire)
			}
		}
		want.Octets += int64(len(text)) + 2
		want.LongestLine = max(want.LongestLine, int64(len(text)))
		if inHeader && len(text) >= 9 && strings.EqualFold(string(text[:9]), "received:") {
			want.Received++
		}
		if inHeader && len(text) == 0 {
			inHeader, want.Header = false, offset
		}
	}
	if got != want {
		t.Fatalf("shape of %q:\ngot  %+v\nwant %+v", wire, got, want)
	}
}

// unstuff is the content of a wire form.
func unstuff(wire []byte) []byte {
	var out []byte
	for line := range bytes.SplitAfterSeq(bytes.TrimSuffix(wire, []byte(".\r\n")), []byte("\r\n")) {
		out = append(out, bytes.TrimPrefix(line, []byte("."))...)
	}
	return out
}

// FuzzScan: any split gives the same; the wire form is well-formed, measured rightly, and a
// fixed point both as it is and as content.
func FuzzScan(f *testing.F) {
	f.Add([]byte("Received: x\r\n\r\n..a\n.b\r\r\n.\r\nQUIT\r\n"), uint8(3), true)
	f.Add([]byte("\n.\n.\r.\r\n"), uint8(1), false)
	f.Fuzz(func(t *testing.T, in []byte, step uint8, stuffed bool) {
		var whole, split Scanner
		var a, b []byte
		size := int(step)%40 + 1
		if stuffed {
			in = append(in, "\r\n.\r\n"...)
			var used, usedSplit int
			a, used, _ = whole.Scan(nil, in)
			b, usedSplit, _ = scanAll(&split, in, size)
			if used != usedSplit {
				t.Fatalf("%d octets used whole, %d split", used, usedSplit)
			}
			if len(a) > 2*used+3 {
				t.Fatalf("%d octets became %d", used, len(a))
			}
		} else {
			a = whole.Close(whole.ScanRaw(nil, in))
			for rest := in; len(rest) > 0; {
				n := min(size, len(rest))
				b, rest = split.ScanRaw(b, rest[:n]), rest[n:]
			}
			b = split.Close(b)
		}
		if !bytes.Equal(a, b) || whole != split {
			t.Fatalf("whole %q %+v\nsplit %q %+v", a, whole, b, split)
		}
		checkShape(t, whole.Shape(), a)

		var again, content Scanner
		if c, n, done := again.Scan(nil, a); !done || n != len(a) || !bytes.Equal(c, a) {
			t.Fatalf("scanned again: %q, was %q", c, a)
		}
		if c := content.Close(content.ScanRaw(nil, unstuff(a))); !bytes.Equal(c, a) {
			t.Fatalf("content scanned again: %q, was %q", c, a)
		}
	})
}

// BenchmarkScan: octets a second of ordinary text in a body, ended by CRLF and by LF, and in a
// header, and of the blocks that cost the most for their size.
func BenchmarkScan(b *testing.B) {
	const text = "The quick brown fox jumps over the lazy dog and then it does so again."
	for _, kind := range []struct{ name, before, line string }{
		{"CRLF", "\r\n", text + "\r\n"}, {"LF", "\r\n", text + "\n"}, {"header", "", text + "\r\n"},
		{"tabs", "\r\n", "\t" + text + "\r\n"}, {"8bit", "\r\n", strings.Repeat("\xd0\x80", 35) + "\r\n"},
		{"CR", "", "\r"}, {"short", "", "a\r\n"}, {"dots", "", "\n."},
	} {
		block := []byte(strings.Repeat(kind.line, 1+16384/len(kind.line))[:16384])
		b.Run(kind.name, func(b *testing.B) {
			out := make([]byte, 0, 2*len(block)+3)
			var s Scanner
			s.ScanRaw(nil, []byte(kind.before))
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				s.Scan(out, block)
			}
		})
	}
}
