package wire

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// chunks is a source that brings one string a read, and then end.
type chunks struct {
	left []string
	end  error
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, c.end
	}
	n := copy(p, c.left[0])
	if c.left[0] = c.left[0][n:]; c.left[0] == "" {
		c.left = c.left[1:]
	}
	return n, nil
}

func TestReadLine(t *testing.T) {
	type answer struct {
		line string
		err  error
	}
	long := strings.Repeat("x", 600)
	tests := []struct {
		name string
		max  int
		in   []string
		want []answer
	}{
		{"one line", 20, []string{"NOOP\r\n"}, []answer{{"NOOP", nil}, {"", io.EOF}}},
		{"an empty line", 20, []string{"\r\n"}, []answer{{"", nil}, {"", io.EOF}}},
		{"two in one read", 20, []string{"A\r\nB\r\n"}, []answer{{"A", nil}, {"B", nil}, {"", io.EOF}}},
		{"one in many reads", 20, []string{"N", "OO", "P\r", "\n"}, []answer{{"NOOP", nil}, {"", io.EOF}}},
		{"exactly the bound", 6, []string{"NOOP\r\n"}, []answer{{"NOOP", nil}}},
		{"one more than the bound", 5, []string{"NOOP\r\nQUIT\r\n"}, []answer{{"", ErrLongLine}, {"", ErrLongLine}}},
		{"endless", 300, []string{long, long}, []answer{{"", ErrLongLine}, {"", ErrLongLine}}},
		{"longer than the small buffer", 1024, []string{"A\r\n" + long, long[:100] + "\r\nB\r\n"},
			[]answer{{"A", nil}, {long + long[:100], nil}, {"B", nil}, {"", io.EOF}}},
		{"longer than the size", 1 << 20, []string{long, long, long, long}, []answer{{"", ErrLongLine}}},
		{"zero octet", 20, []string{"A\r\nQU\x00IT\r\nB\r\n"}, []answer{{"A", nil}, {"", ErrNUL}, {"", ErrNUL}}},
		{"zero octet before the line is whole", 20, []string{"Q\x00"}, []answer{{"", ErrNUL}}},
		{"zero octet in the next line", 20, []string{"A\r\nB\x00\r\n"}, []answer{{"A", nil}, {"", ErrNUL}}},
		{"bare LF", 20, []string{"QUIT\nNOOP\r\n\n"}, []answer{{"", ErrBareLF}, {"NOOP", nil}, {"", ErrBareLF}, {"", io.EOF}}},
		{"CR inside", 20, []string{"A\rB\r\r\n"}, []answer{{"A\rB\r", nil}}},
		{"closed inside a line", 20, []string{"QUIT"}, []answer{{"", io.ErrUnexpectedEOF}}},
		{"closed before the LF", 20, []string{"QUIT\r"}, []answer{{"", io.ErrUnexpectedEOF}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(&chunks{tt.in, io.EOF}, 1024)
			for i, want := range tt.want {
				line, err := r.ReadLine(tt.max)
				if string(line) != want.line || err != want.err {
					t.Fatalf("answer %d = %q, %v; want %q, %v", i, line, err, want.line, want.err)
				}
			}
		})
	}
}

func TestReaderGathers(t *testing.T) {
	r := NewReader(&chunks{[]string{"A\r\nB\r\nC", "\r\n"}, io.EOF}, 1024)
	if r.LineWaits() {
		t.Error("a line waits before the first read")
	}
	for _, want := range []struct {
		line  string
		waits bool
	}{{"A", true}, {"B", false}, {"C", false}} {
		line, err := r.ReadLine(20)
		if string(line) != want.line || err != nil || r.LineWaits() != want.waits {
			t.Errorf("got %q, %v, waits %v; want %q, waits %v", line, err, r.LineWaits(), want.line, want.waits)
		}
	}
}

func TestReaderBlocks(t *testing.T) {
	body := strings.Repeat("0123456789", 200)
	r := NewReader(&chunks{[]string{"DATA\r\nfirst", body}, io.EOF}, BufferSize)
	if line, err := r.ReadLine(20); string(line) != "DATA" || err != nil {
		t.Fatalf("got %q, %v", line, err)
	}
	block, err := r.Block()
	if string(block) != "first" || err != nil {
		t.Fatalf("first block = %q, %v", block, err)
	}
	r.Advance(2)
	if block, err = r.Block(); string(block) != "rst" || err != nil || r.Buffered() != 3 {
		t.Fatalf("rest of it = %q, %v, %d buffered", block, err, r.Buffered())
	}
	r.Advance(3)
	if block, err = r.Block(); string(block) != body || err != nil {
		t.Fatalf("second block = %d octets, %v; want the whole read of %d", len(block), err, len(body))
	}
	r.Advance(len(block))
	if _, err = r.Block(); err != io.EOF {
		t.Fatalf("err = %v, want EOF", err)
	}
}

func TestReaderForgetsAtReset(t *testing.T) {
	r := NewReader(strings.NewReader("STLS\r\nUSER mallory\r\nPA"), 1024)
	r.ReadLine(20)
	r.Reset(strings.NewReader("CAPA\r\n"))
	if line, err := r.ReadLine(20); string(line) != "CAPA" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestReaderReleases(t *testing.T) {
	long := strings.Repeat("x", 2000)
	r := NewReader(&chunks{[]string{long + "\r\nrest", "\r\nQUIT\r\n"}, io.EOF}, BufferSize)
	r.ReadLine(4096)
	r.Release()
	if r.taken == nil {
		t.Error("a buffer that still holds octets was given back")
	}
	if line, err := r.ReadLine(20); string(line) != "rest" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	if line, err := r.ReadLine(20); string(line) != "QUIT" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	r.Release()
	if r.taken != nil || r.buf != nil {
		t.Error("an empty buffer was kept")
	}
}

func TestReaderGoesOnAfterTimeout(t *testing.T) {
	src := &chunks{[]string{"NO"}, os.ErrDeadlineExceeded}
	r := NewReader(src, 1024)
	if _, err := r.ReadLine(20); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("err = %v, want a time-out", err)
	}
	src.left = []string{"OP\r\n"}
	if line, err := r.ReadLine(20); string(line) != "NOOP" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestReaderGivesUpOnEmptyReads(t *testing.T) {
	if _, err := NewReader(&chunks{[]string{}, nil}, 1024).ReadLine(20); err != io.ErrNoProgress {
		t.Errorf("err = %v, want %v", err, io.ErrNoProgress)
	}
}

func TestReaderKeepsErrorsBesideOctets(t *testing.T) {
	r := NewReader(iotest.DataErrReader(strings.NewReader("A\r\nB\r\n")), 1024)
	for _, want := range []string{"A", "B"} {
		if line, err := r.ReadLine(20); string(line) != want || err != nil {
			t.Errorf("got %q, %v; want %q", line, err, want)
		}
	}
	if _, err := r.ReadLine(20); err != io.EOF {
		t.Errorf("err = %v, want EOF", err)
	}
}

// FuzzReadLine: however the octets are split over reads, the lines are the same.
func FuzzReadLine(f *testing.F) {
	f.Add([]byte("USER anna\r\nPASS x y\r\nQUIT\nNOOP\r\n\r\nRETR 1"), uint8(3), uint16(20))
	f.Add([]byte("A\r\nB\x00C\r\n"), uint8(1), uint16(700))
	f.Fuzz(func(t *testing.T, in []byte, step uint8, bound uint16) {
		max := int(bound)%2000 + 2
		whole := NewReader(strings.NewReader(string(in)), 2048)
		split := NewReader(iotest.OneByteReader(strings.NewReader(string(in))), BufferSize)
		if step > 0 {
			var parts []string
			for rest := string(in); rest != ""; {
				n := min(int(step), len(rest))
				parts, rest = append(parts, rest[:n]), rest[n:]
			}
			split = NewReader(&chunks{parts, io.EOF}, BufferSize)
		}
		for {
			a, errA := whole.ReadLine(max)
			b, errB := split.ReadLine(max)
			// A zero octet may be seen before or after the line is found too long.
			bothEnd := (errA == ErrNUL || errA == ErrLongLine) && (errB == ErrNUL || errB == ErrLongLine)
			if string(a) != string(b) || errA != errB && !bothEnd {
				t.Fatalf("whole: %q, %v; split: %q, %v", a, errA, b, errB)
			}
			if errA != nil && errA != ErrBareLF {
				return
			}
			if len(a)+2 > max {
				t.Fatalf("line of %d octets, bound %d", len(a)+2, max)
			}
			split.Release()
		}
	})
}
