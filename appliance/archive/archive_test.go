package archive

import (
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pillarbox/appliance/control"
)

var when = control.Origin{From: "sender@home.arpa", Received: time.Unix(1_000_000_000, 0)}

// A piece is what a letter turned out to be.
type piece struct {
	uid, text string
	origin    control.Origin
}

func read(t *testing.T, letters iter.Seq2[control.Letter, error], _ int, err error) (list []piece) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for l, err := range letters {
		if err != nil {
			t.Fatal(err)
		}
		origin, from, err := l.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(iotest.OneByteReader(from))
		if err != nil {
			t.Fatal(err)
		}
		from.Close()
		list = append(list, piece{l.UID, string(text), origin})
	}
	return list
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestMboxRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anna.mbox")
	m, err := CreateMbox(path)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		"Subject: x\n\nFrom here on\n>From there\n>>From there\nFrom\n>Fro\n> From x\n",
		"Subject: y\n\n\n\n",
		"\nno header\n\nFrom me\n\n",
		"From: z\nX-UIDL: of-the-sender\n\n" + strings.Repeat("long ", 5000) + "\n",
		"",
	}
	var want []piece
	for i, text := range texts {
		uid := "uid" + strings.Repeat("!", i)
		if err := m.Take(uid, when, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		want = append(want, piece{uid, text, when})
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file has the name: %v", err)
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	got := read3(t, path)
	for i := range got {
		got[i].origin.Received = got[i].origin.Received.Local()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read  %q\nwrote %q", got, want)
	}
	if _, err := CreateMbox(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that is there would be replaced: %v", err)
	}
}

func read3(t *testing.T, path string) []piece {
	t.Helper()
	letters, n, err := ReadMbox(path)
	got := read(t, letters, n, err)
	if len(got) != n {
		t.Errorf("%d letters, %d were announced", len(got), n)
	}
	return got
}

// TestForeignMbox: what other programs write.
func TestForeignMbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inbox")
	write(t, path, "From otto@home.arpa Sun Sep  9 01:46:40 2001\r\nSubject: a\r\nx-uidl:  one \r\n\r\nFrom the text\r\n\r\n"+
		"From MAILER-DAEMON at 10:00 in 2001\nX-UIDL: no good\nSubject: b\n\ntext\n\n\n"+
		"From a Sun 9 Sep 2001 01:46:40\nX-UIDL: one\n\nend without a line")
	at := time.Unix(5_000_000, 0)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	got := read3(t, path)
	want := []piece{
		{"one", "Subject: a\r\nx-uidl:  one \r\n\r\nFrom the text\r\n", control.Origin{From: "otto@home.arpa", Received: time.Unix(1_000_000_000, 0).UTC()}},
		{"", "X-UIDL: no good\nSubject: b\n\ntext\n\n", control.Origin{Received: at}},
		{"one~2", "\nend without a line", control.Origin{From: "a", Received: at}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for name, text := range map[string]string{"text": "Hello\nFrom me\n", "header": "From: x\n"} {
		write(t, path, text)
		if _, _, err := ReadMbox(path); err == nil || !strings.Contains(err.Error(), "no mbox") {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, path, "")
	if got := read3(t, path); len(got) != 0 {
		t.Errorf("an empty file has %q", got)
	}
	if _, _, err := ReadMbox(t.TempDir()); err == nil || !strings.Contains(err.Error(), "Maildir") {
		t.Errorf("a folder: %v", err)
	}
}

func TestMaildirRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "anna")
	m, err := OpenMaildir(dir)
	if err != nil {
		t.Fatal(err)
	}
	uids := []string{"aaaabbbbccccdddd2345", "../../etc/x", "1276.M3,S=5:2,%", strings.Repeat("/", 70)}
	var want []piece
	for i, uid := range uids {
		o := control.Origin{Received: when.Received.Add(time.Duration(i) * time.Second)}
		if !m.Wants(uid, 1) {
			t.Errorf("%s is there", uid)
		}
		if err := m.Take(uid, o, strings.NewReader("Subject: x\n\n"+uid+"\n")); err != nil {
			t.Fatal(err)
		}
		want = append(want, piece{uid, "Subject: x\n\n" + uid + "\n", o})
	}
	if err := m.Take("broken", when, iotest.ErrReader(errors.New("broken"))); err == nil {
		t.Error("half a mail was taken")
	}
	// A mail program has looked at one.
	first := nameOfUID(uids[0], when.Received.Unix())
	if err := os.Rename(filepath.Join(dir, "new", first), filepath.Join(dir, "cur", first+":2,S")); err != nil {
		t.Fatal(err)
	}
	letters, n, err := ReadMaildir(dir)
	if got := read(t, letters, n, err); !reflect.DeepEqual(got, want) || n != 4 {
		t.Errorf("read  %q\nwrote %q", got, want)
	}
	if m, err = OpenMaildir(dir); err != nil {
		t.Fatal(err)
	}
	for _, uid := range uids {
		if m.Wants(uid, 1) {
			t.Errorf("%s would be written again", uid)
		}
	}
	if !m.Wants("broken", 1) || m.Skipped != 4 {
		t.Errorf("%+v", m.Tally)
	}
}

// TestDovecot: the unique-ids that Dovecot has given, in its order.
func TestDovecot(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "dovecot-uidlist"), `3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1
17 :200.M2.host
25006 W20 S19 :1276528487.M364837P9451.host,S=19,W=20:2,
25017 Pold-one W2481 :100.M1.host:2,S
25018 :gone
`)
	write(t, filepath.Join(dir, "cur", "1276528487.M364837P9451.host,S=19,W=20:2,FS"), "Return-Path: <otto@home.arpa>\nSubject: b\n\n")
	write(t, filepath.Join(dir, "cur", "100.M1.host:2,S"), "c")
	write(t, filepath.Join(dir, "new", "200.M2.host"), "a")
	write(t, filepath.Join(dir, "new", "50.M3.host"), "e")
	write(t, filepath.Join(dir, "new", "7.M3."+strings.Repeat("x", 100)), "d")
	write(t, filepath.Join(dir, ".Sent", "cur", "1.M1.host"), "not of the inbox")
	letters, n, err := ReadMaildir(dir)
	var got []string
	for _, p := range read(t, letters, n, err) {
		got = append(got, p.uid+" "+p.text[len(p.text)-1:])
		if strings.Contains(p.text, "Subject: b") && p.origin.From != "otto@home.arpa" {
			t.Errorf("the sender is %q", p.origin.From)
		}
	}
	want := []string{"00000011u4C0907B0v a", "000061AEu4C0907B0v \n", "old-one c", uidOfFile("7.M3."+strings.Repeat("x", 100)) + " d", "50.M3.host e"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, bad := range []string{"", "2 V1 N2\n", "3 N2\n", "3 Vx\n", "3 V1 N2\nx :name\n", "3 V1 N2\n5 name\n"} {
		write(t, filepath.Join(dir, "dovecot-uidlist"), bad)
		if _, _, err := ReadMaildir(dir); err == nil || !strings.Contains(err.Error(), "dovecot-uidlist") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	list, err := readUIDList(strings.NewReader("1 1275660208 12\n10 1276528487.M364837P9451.host:2,S\n"))
	if want := map[string]listed{"1276528487.M364837P9451.host": {10, "0000000Au4C0907B0v"}}; err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("version 1: %v, %v", list, err)
	}
	if _, _, err := ReadMaildir(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no Maildir") {
		t.Errorf("an empty folder: %v", err)
	}
}

// FuzzQuoting: quoted no line begins with "From ", and unquoted again it is the same.
func FuzzQuoting(f *testing.F) {
	f.Add("From a\n>From b\n>>>From c\n>\nFro", uint8(3))
	f.Fuzz(func(t *testing.T, text string, cut uint8) {
		at := min(int(cut), len(text))
		add, remove := quoting{add: true}, quoting{}
		quoted := add.finish(add.step(add.step(nil, []byte(text[:at])), []byte(text[at:])))
		if strings.HasPrefix(string(quoted), mark) || strings.Contains(string(quoted), "\n"+mark) {
			t.Errorf("%q has a line that ends a mail", quoted)
		}
		at = min(at, len(quoted))
		if back := remove.finish(remove.step(remove.step(nil, quoted[:at]), quoted[at:])); string(back) != text {
			t.Errorf("%q became %q", text, back)
		}
	})
}

func FuzzSurvey(f *testing.F) {
	f.Add("From a Sun Sep  9 01:46:40 2001\nX-UIDL: x\n\ntext\n\nFrom b\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		spans, err := survey(strings.NewReader(text), time.Time{})
		last := int64(0)
		for _, s := range spans {
			if s.start < last || s.end < s.start || s.end > int64(len(text)) {
				t.Fatalf("%+v after %d of %d, %v", s, last, len(text), err)
			}
			last = s.end
		}
	})
}

func FuzzUIDList(f *testing.F) {
	f.Add("3 V1275660208 N25022\n25006 W20 Px :1276528487.M364837P9451.host:2,\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := readUIDList(strings.NewReader(text))
		for name, l := range list {
			if !control.ValidUID(l.uidl) {
				t.Errorf("%q is %q", name, l.uidl)
			}
		}
	})
}
