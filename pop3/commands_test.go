package pop3

import (
	"bytes"
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	tests := []struct {
		name string
		word string
		n    int64
		ok   bool
	}{
		{"one digit", "7", 7, true},
		{"zeros in front", "007", 7, true},
		{"zero", "0", 0, true},
		{"the largest", "9223372036854775807", math.MaxInt64, true},
		{"one more", "9223372036854775808", math.MaxInt64, true},
		{"2 to the 64 and one", "18446744073709551617", math.MaxInt64, true},
		{"absurd", strings.Repeat("9", 200), math.MaxInt64, true},
		{"nothing", "", 0, false},
		{"plus", "+1", 0, false},
		{"minus", "-1", 0, false},
		{"blank in it", "1 2", 0, false},
		{"letter behind", "1x", 0, false},
		{"letter behind an absurd one", strings.Repeat("9", 30) + "x", 0, false},
		{"hexadecimal", "0x1", 0, false},
		{"digits of another script", "١", 0, false},
		{"octet above a digit", ":", 0, false},
		{"octet below a digit", "/", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n, ok := parseNumber([]byte(tt.word)); ok != tt.ok || ok && n != tt.n {
				t.Errorf("parseNumber(%q) = %d, %v; want %d, %v", tt.word, n, ok, tt.n, tt.ok)
			}
		})
	}
}

// Every row of the table is reachable: the line that fits it finds it and no other.
func TestEveryCommandIsFound(t *testing.T) {
	for i := range commands {
		c := &commands[i]
		text := map[kind]string{noArgument: "", oneOrMore: "x", anything: "x y ", number: "1", numberAndLines: "1 2"}[c.argument]
		for in := authorization; in < update; in <<= 1 {
			if c.in&in == 0 {
				continue
			}
			if got, err := find([]byte(strings.ToLower(c.verb)), []byte(text), in); got != c || err != nil {
				t.Errorf("%q %q in state %d finds %v, %v; want row %d", c.verb, text, in, got, err, i)
			}
		}
	}
}

// Replies fit into the 512 octets of RFC 2449 §4.
func TestReplyErrorsFitALine(t *testing.T) {
	for _, r := range []*replyError{replyLong, replyNUL, replyBareLF, replyForeign, replyUnknown, replyArguments, replyLogin, replyLoggedIn,
		replyUser, replyNumber, replyZero, replyBig, replyDeleted, replyLanguage, replyAuth, replyPlaintext, replyInUse, replyDelay, replyMechanism, replyBase64,
		replyMalformed, replyBinding, replyCancelled, replyTLS, replyPipelined, replyNoTLS, replyTemporary, replyExpunge, replyGone, replyDamaged} {
		if len(r.code)+len(r.text) > 200 || strings.ContainsAny(r.text, "\r\n[]") || strings.Contains(r.code, "]") {
			t.Errorf("%q %q is no reply", r.code, r.text)
		}
	}
}

// fuzzSession returns a session in a state, with three messages of which the second is marked.
func fuzzSession(in state) *session {
	s := &session{server: &Server{}, state: in}
	if in == transaction {
		s.maildrop = newOpenMaildrop(&s.conn, sizes{23, 35, 40}, false)
		s.maildrop.marks.add(2, 35)
	}
	return s
}

// A line is parsed as one row of the table, with an argument that the row may have, or gets a reply
// error.
func FuzzCommandLine(f *testing.F) {
	for _, line := range []string{"STAT", "LIST 1", "TOP 1 99999999999999999999", "PASS  a b ", "user anna", "AUTH PLAIN =", "QUIT now", "RETR 0", "DELE +1", "GET / HTTP/1.1", "", " ", "LIST\t1", "TOP  3   2 "} {
		for in := authorization; in < update; in <<= 1 {
			f.Add(uint8(in), []byte(line))
		}
	}
	f.Fuzz(func(t *testing.T, in uint8, line []byte) {
		if state(in) != authorization && state(in) != named && state(in) != transaction {
			return
		}
		s := fuzzSession(state(in))
		c, a, err := s.parse(line)
		if err != nil {
			if _, ok := err.(*replyError); !ok {
				t.Fatalf("%q: %v is no reply error", line, err)
			}
			return
		}
		if c.in&s.state == 0 {
			t.Errorf("%q finds %s, which state %d does not accept", line, c.verb, in)
		}
		if !strings.EqualFold(c.verb, string(line[:len(c.verb)])) {
			t.Errorf("%q finds %s", line, c.verb)
		}
		switch c.argument {
		case number, numberAndLines:
			if a.n != 1 && a.n != 3 {
				t.Errorf("%q is message %d", line, a.n)
			}
			if a.lines < 0 {
				t.Errorf("%q is %d lines", line, a.lines)
			}
		case oneOrMore:
			if len(a.text) == 0 {
				t.Errorf("%q has no words", line)
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, word := range []string{"0", "1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "+1", "-0", "1x"} {
		f.Add([]byte(word))
	}
	f.Fuzz(func(t *testing.T, word []byte) {
		n, ok := parseNumber(word)
		digits := len(word) > 0 && len(bytes.Trim(word, "0123456789")) == 0
		if ok != digits {
			t.Fatalf("parseNumber(%q) = %d, %v", word, n, ok)
		}
		if !ok {
			return
		}
		want, _ := new(big.Int).SetString(string(word), 10)
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if want.Int64() != n {
			t.Errorf("parseNumber(%q) = %d, want %d", word, n, want)
		}
	})
}

// cutLines cuts where a reader of single lines would, whatever the pieces are.
func FuzzCutLines(f *testing.F) {
	f.Add([]byte("a\r\nb\r\n\r\nc"), int64(2), 3)
	f.Add([]byte("\n\n\n"), int64(5), 1)
	f.Fuzz(func(t *testing.T, b []byte, lines int64, size int) {
		if lines < 0 || size < 1 {
			return
		}
		want, n := 0, lines
		for ; n > 0 && want < len(b); want++ {
			if b[want] == '\n' {
				n--
			}
		}
		got := 0
		for left := lines; left > 0 && got < len(b); {
			piece, found := cutLines(b[got:min(len(b), got+size)], left)
			got += len(piece)
			left -= found
		}
		if got != want {
			t.Errorf("%d lines of %q end at %d, want %d", lines, b, got, want)
		}
	})
}

// Marks are a set, and its sums.
func FuzzMarks(f *testing.F) {
	f.Add(uint8(3), []byte{1, 2, 0, 3})
	f.Add(uint8(130), []byte{63, 64, 65, 128, 129, 130})
	f.Fuzz(func(t *testing.T, total uint8, dele []byte) {
		mail := make(sizes, total)
		octets := int64(0)
		for i := range mail {
			mail[i] = int64(i * i)
			octets += mail[i]
		}
		k, model := newMarks(mail), map[int]bool{}
		for _, n := range dele {
			switch {
			case n == 0:
				k.clear()
				clear(model)
			case int(n) <= int(total) && !k.has(int(n)):
				k.add(int(n), mail.Octets(int(n)))
				model[int(n)] = true
			}
		}
		left, last, seen := octets, 0, 0
		for n := range k.all() {
			if !model[n] || n <= last {
				t.Errorf("message %d after %d: marked is %v", n, last, model[n])
			}
			left -= mail.Octets(n)
			last = n
			seen++
		}
		if seen != len(model) || k.left() != int(total)-seen || k.octets != left {
			t.Errorf("%d marked, %d left, %d octets; want %d, %d, %d", seen, k.left(), k.octets, len(model), int(total)-len(model), left)
		}
	})
}
