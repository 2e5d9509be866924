package archive

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/transfer"
)

func surveyOf(text []byte) (*survey, error) {
	s := &survey{file: bytes.NewReader(text), size: int64(len(text)), now: time.Unix(0, 0), doubt: func(int, string) {}}
	return s, s.run()
}

// FuzzMbox: each octet of a file is in one message, in a separator, or in a line end before one.
func FuzzMbox(f *testing.F) {
	files, _ := filepath.Glob("testdata/mbox/*.mbox")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := surveyOf(text)
		if err != nil {
			return
		}
		gap := func(from, to int64) string {
			if from > to || to > int64(len(text)) {
				t.Fatalf("%+v: %d to %d of %d", s.spans, from, to, len(text))
			}
			return string(text[from:to])
		}
		last := s.bom
		for i, one := range s.spans {
			if g := gap(last, one.mark); strings.Trim(g, "\r\n") != "" || i > 0 && len(g) > 1 && strings.Count(g, "\n") != 1 {
				t.Errorf("%q is between two messages", g)
			}
			lines := newSplitter(strings.NewReader(gap(one.mark, one.start)), s.cr)
			for n := 0; ; n++ {
				p, err := lines.next()
				if err == io.EOF {
					break
				}
				if name, _, _ := fieldOf(p.text); !isMark(p.text) && !isOldMark(p.text) && !named(name, "x-uidl") {
					t.Errorf("line %q is in no message", p.text)
				}
			}
			last = one.end
		}
		if g := gap(last, s.size); strings.Trim(g, "\r\n") != "" || len(s.spans) > 0 && len(g) > 1 && strings.Count(g, "\n") != 1 {
			t.Errorf("%q is behind the last message", g)
		}
	})
}

// FuzzDialects: messages that are written as mboxo, mboxrd, mboxcl or mboxcl2, with any line end,
// are read as they were. mboxo loses a ">" by itself.
func FuzzDialects(f *testing.F) {
	f.Add("one\nFrom here\x00two\n>From there\x00\x00From a@b Sun Sep  9 01:46:40 2001\nSubject: x\n", uint8(0))
	for n := range uint8(12) {
		f.Add("From a@b Sun Sep  9 01:46:40 2001\nSubject: x\n\n>From \n\n\x00X-UIDL: x\nContent-Length: 3\n", n)
	}
	f.Fuzz(func(t *testing.T, text string, how uint8) {
		bodies := strings.Split(strings.ReplaceAll(text, "\r", ""), "\x00")
		ends := []string{"\n", "\r\n", "\r"}[how%3]
		dialect := []string{"mboxo", "mboxrd", "mboxcl", "mboxcl2"}[how/3%4]
		raw := strings.Contains("\n"+strings.Join(bodies, "\n"), "\n"+mark)
		var file strings.Builder
		var want []string
		for i, body := range bodies {
			if body != "" {
				body = strings.TrimSuffix(body, "\n") + "\n"
			}
			stored := body
			switch dialect {
			case "mboxo", "mboxcl":
				stored = strings.ReplaceAll("\n"+body, "\n"+mark, "\n>"+mark)[1:]
			case "mboxrd":
				q := quoting{add: true}
				stored = string(q.finish(q.step(nil, []byte(body))))
			}
			stored = strings.ReplaceAll(stored, "\n", ends)
			header := fmt.Sprintf("Subject: %d\n", i)
			if strings.HasPrefix(dialect, "mboxcl") {
				header += fmt.Sprintf("Content-Length: %d\n", len(stored))
			}
			header += "\n"
			file.WriteString(strings.ReplaceAll("From a@b Sun Sep  9 01:46:40 2001\n"+header, "\n", ends) + stored + ends)
			message := header + strings.ReplaceAll(strings.ReplaceAll(stored, "\r\n", "\n"), "\r", "\n")
			if dialect != "mboxcl2" || !raw {
				q := quoting{}
				message = string(q.finish(q.step(nil, []byte(message))))
			}
			want = append(want, message)
		}
		s, err := surveyOf([]byte(file.String()))
		if err != nil {
			t.Fatalf("%s %q: %v", dialect, file.String(), err)
		}
		m := mboxSource{survey: *s}
		var got []string
		for _, one := range s.spans {
			message, err := io.ReadAll(m.contentOf(one, strings.NewReader(file.String())))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.ReplaceAll(string(message), "\r\n", "\n"))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s of %q\ngot  %q\nwant %q", dialect, file.String(), got, want)
		}
	})
}

// FuzzContent: a file of a Maildir is refused, or its message is all of it but a byte order mark
// and a line of an mbox.
func FuzzContent(f *testing.F) {
	for _, text := range []string{"Subject: x\n\n", "", "\xef\xbb\xbfFrom a@b Sun Sep  9 01:46:40 2001\nSubject: x\n", "From x\rSubject: y\r", "\x1f\x8b\x08\x00", "\x28\xb5\x2f\xfd\x00"} {
		f.Add([]byte(text))
	}
	in, err := openFolder(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(in.close)
	path := filepath.Join(in.path, "message")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := openContent(in, "message")
		if err != nil {
			return
		}
		defer c.Close()
		got, err := io.ReadAll(c)
		if c.packed {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		same := func(text []byte) string {
			return strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n")
		}
		skipped, ok := strings.CutSuffix(same(text), same(got))
		skipped = strings.TrimPrefix(skipped, string(bom))
		if !ok || skipped != "" && !(strings.HasPrefix(skipped, mark) && strings.Count(skipped, "\n") == 1) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// FuzzLists: no list makes a unique-id that is none, and no name is cut but behind its end.
func FuzzLists(f *testing.F) {
	f.Add("3 V1275660208 N25022\n25006 W20 Px :1276528487.M364837P9451.host:2,\n")
	f.Add("1 1275660208 12\n10 2.b.host:2,S\n")
	f.Add("/3 25 1275660208\n1.a.host:2,S 50 17:1275660208:0\n")
	f.Add("1.a'b.host!2,S 50\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, list := range []listReader{&dovecotList{}, &courierList{}} {
			readList(strings.NewReader(text), list, func(name string, l listed) {
				if !transfer.ValidUID(l.uidl) {
					t.Errorf("%q is %q", name, l.uidl)
				}
				if again := base(name); !strings.HasPrefix(name, again) {
					t.Errorf("%q is cut to %q", name, again)
				}
			})
		}
	})
}
