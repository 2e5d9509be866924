package sendmail

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestCollect(t *testing.T) {
	for _, tt := range []struct {
		name, input string
		keepDots    bool
		header      string // the header of the input
		body        string
	}{
		{"usual", "To: a\nSubject: b\n\nbody\n", true, "To: a\r\nSubject: b\r\n", "body\n"},
		{"CRLF", "To: a\r\n\r\nbody\r\n", true, "To: a\r\n", "body\r\n"},
		{"folded", "To: a,\n b\n\tc\n\nbody", true, "To: a,\r\n b\r\n\tc\r\n", "body"},
		{"no header", "just a line\nTo: x\n", true, "", "just a line\nTo: x\n"},
		{"an empty header", "\nTo: x\n", true, "", "To: x\n"},
		{"no blank line", "To: a\nnot a field\n", true, "To: a\r\n", "not a field\n"},
		{"header only", "To: a\n", true, "To: a\r\n", ""},
		{"header only, cut off", "To: a", true, "To: a\r\n", ""},
		{"nothing", "", true, "", ""},
		{"a folded line first", " x\nTo: a\n", true, "", " x\nTo: a\n"},
		{"the separator of an mbox", "From root Tue Nov 24\nTo: a\n\nb\n", true, "To: a\r\n", "b\n"},
		{"a space before the colon", "Subject : x\n\n", true, "Subject : x\r\n", ""},
		{"a dot ends it", "To: a\n\nb\n.\nc\n", false, "To: a\r\n", "b\n"},
		{"a dot in CRLF ends it", "To: a\r\n\r\nb\r\n.\r\nc", false, "To: a\r\n", "b\r\n"},
		{"a dot in the header ends it", "To: a\n.\nb: c\n", false, "To: a\r\n", ""},
		{"a dot as the last octet ends it", "To: a\n\nb\n.", false, "To: a\r\n", "b\n"},
		{"a dot is kept", "To: a\n\nb\n.\nc\n", true, "To: a\r\n", "b\n.\nc\n"},
		{"a dot that is not alone", "\n.b\n..\n", false, "", ".b\n..\n"},
		{"a dot behind a long line", "\n" + strings.Repeat("x", 16<<10) + ".\nc", false, "", strings.Repeat("x", 16<<10) + ".\nc"},
	} {
		for _, slow := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				var input io.Reader = strings.NewReader(tt.input)
				if slow {
					input = iotest.OneByteReader(input)
				}
				l, err := collect(input, tt.keepDots, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				var header strings.Builder
				for _, f := range l.header {
					header.Write(f.text)
				}
				r, err := l.body.reader()
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(r)
				if header.String() != tt.header || string(body) != tt.body || err != nil {
					t.Errorf("got %q and %q, %v", header.String(), body, err)
				}
			})
		}
	}
}

func TestNamed(t *testing.T) {
	for _, tt := range []struct{ name, header, want string }{
		{"all three", "To: a,\n b\nCC: c (x)\nbcc: D <d>\n", "a b c d"},
		{"twice", "To: a\nTo: b\n", "a b"},
		{"sent again", "To: a\nResent-To: b\nResent-Bcc: c\n", "b c"},
		{"sent again, from elsewhere", "To: a\nResent-From: b\n", "a"},
		{"nobody", "Subject: To: a\n", ""},
	} {
		l, err := collect(strings.NewReader(tt.header+"\n"), true, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, bad := l.named()
		if strings.Join(got, " ") != tt.want || len(bad) > 0 {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, bad, tt.want)
		}
	}
}

func TestInputFails(t *testing.T) {
	_, err := collect(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("To: a\n\n"))), true, 0)
	check(t, err, ExIOErr, "standard input")
}

// FuzzCollect: for any input, the output has a header that ends, without the fields that must be
// removed.
func FuzzCollect(f *testing.F) {
	f.Add("To: a\nBcc: b\n\nbody\n.\n", false)
	f.Add("From x\nA:\n b\r\nno field", true)
	f.Fuzz(func(t *testing.T, input string, keepDots bool) {
		l, err := collect(strings.NewReader(input), keepDots, 1<<20)
		if err != nil {
			return
		}
		defer l.Close()
		l.named()
		header := string(l.finish(author{"", "root", "nas.home.arpa"}, time.Unix(0, 0)))
		fields, _ := strings.CutSuffix(header, "\r\n\r\n")
		if fields == header || strings.Contains(fields, "\r\n\r\n") {
			t.Fatalf("the header is %q", header)
		}
		for line := range strings.SplitSeq(fields, "\r\n") {
			name, _, ok := strings.Cut(line, ":")
			folded := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
			if strings.Contains(line, "\n") || !ok && !folded || !folded && strings.EqualFold(strings.TrimSpace(name), "bcc") {
				t.Errorf("the header has the line %q", line)
			}
		}
	})
}
