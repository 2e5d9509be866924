package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pillarbox/appliance/transfer"
)

var when = transfer.Origin{From: "sender@home.arpa", Received: time.Unix(1_000_000_000, 0)}

// A got is what a message turned out to be.
type got struct {
	uid, text string
	origin    transfer.Origin
}

// read reads all messages of a source and closes it.
func read(t *testing.T, source *Source, err error) (list []got) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for l, err := range source.Messages {
		if err != nil {
			t.Fatal(err)
		}
		origin, from, err := l.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(iotest.OneByteReader(from))
		if err = errors.Join(err, from.Close()); err != nil {
			t.Fatal(err)
		}
		list = append(list, got{l.UID, string(text), origin})
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
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
	m, err := OpenMbox(path)
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
	var want []got
	for i, text := range texts {
		uid := "uid" + strings.Repeat("!", i)
		if err := m.Take(uid, when, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		want = append(want, got{uid, text, when})
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file has the name: %v", err)
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	got := readMbox(t, path)
	for i := range got {
		got[i].origin.Received = got[i].origin.Received.Local()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read  %v\nwrote %v", got, want)
	}
}

func readMbox(t *testing.T, path string) []got {
	t.Helper()
	source, err := ReadMbox(path, Options{})
	list := read(t, source, err)
	if len(list) != source.Count {
		t.Errorf("%d messages, %d were announced", len(list), source.Count)
	}
	return list
}

func TestMaildirRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "anna")
	m, err := OpenMaildir(dir)
	if err != nil {
		t.Fatal(err)
	}
	uids := []string{"aaaabbbbccccdddd2345", "../../etc/x", "1276.M3,S=5:2,%", strings.Repeat("/", 70)}
	var want []got
	for i, uid := range uids {
		o := transfer.Origin{Received: when.Received.Add(time.Duration(i) * time.Second)}
		if !m.Wants(uid, 1) {
			t.Errorf("%s is there", uid)
		}
		if err := m.Take(uid, o, strings.NewReader("Subject: x\n\n"+uid+"\n")); err != nil {
			t.Fatal(err)
		}
		want = append(want, got{uid, "Subject: x\n\n" + uid + "\n", o})
	}
	if err := m.Take("broken", when, iotest.ErrReader(errors.New("broken"))); err == nil {
		t.Error("half a mail was taken")
	}
	// A mail program has looked at one.
	first := nameOfUID(uids[0], when.Received.Unix())
	if err := os.Rename(filepath.Join(dir, "new", first), filepath.Join(dir, "cur", first+":2,S")); err != nil {
		t.Fatal(err)
	}
	source, err := ReadMaildir(dir, Options{})
	if got := read(t, source, err); !reflect.DeepEqual(got, want) || source.Count != 4 {
		t.Errorf("read  %v\nwrote %v", got, want)
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
