package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pillarbox/appliance/transfer"
)

// export exports messages, pairs of unique-id and text, to an mbox file.
func export(path string, pairs ...string) (Tally, error) {
	m, err := OpenMbox(path)
	if err != nil {
		return Tally{}, err
	}
	for i := 0; i < len(pairs); i += 2 {
		octets, err := transfer.OctetsOf(strings.NewReader(pairs[i+1]))
		if err == nil && m.Wants(pairs[i], octets) {
			err = m.Take(pairs[i], when, io.MultiReader(strings.NewReader(pairs[i+1])))
		}
		if err != nil {
			m.Abandon()
			return m.Tally, err
		}
	}
	return m.Tally, m.Finish()
}

// uidsIn returns the unique-ids of an mbox file.
func uidsIn(t *testing.T, path string) (uids []string) {
	t.Helper()
	for _, m := range readMbox(t, path) {
		uids = append(uids, m.uid)
	}
	return uids
}

const (
	first  = "Date: Sun, 9 Sep 2001 01:46:40 +0000\nSubject: x\n\nFrom here\n"
	second = "Message-ID: <2@home.arpa>\n\n\n\n"
	third  = "Message-ID: <3@home.arpa>\nX-UIDL: of the sender\n\nz\n"
)

// TestMboxAppends checks that a second export writes what the file lacks, once, behind the rest,
// and that its mode stays.
func TestMboxAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anna.mbox")
	if tally, err := export(path, "a", first, "b", second); err != nil || tally.Kept != 2 {
		t.Fatal(tally, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if tally, err := export(path, "a", first, "b", second); err != nil || tally.Kept != 0 || tally.Skipped != 2 {
		t.Fatal(tally, err)
	}
	if same, err := os.Stat(path); err != nil || !os.SameFile(before, same) {
		t.Errorf("a file with all of it was written again: %v", err)
	}
	for range 2 {
		if tally, err := export(path, "b", second, "c", third); err != nil || tally.Kept+tally.Skipped != 2 {
			t.Fatal(tally, err)
		}
	}
	want := []got{{"a", first, when}, {"b", second, when}, {"c", third, when}}
	list := readMbox(t, path)
	for i := range list {
		list[i].origin.Received = list[i].origin.Received.Local()
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("read %v, want %v", list, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left are %q, %v", left, err)
	}
}

// TestMboxOfTwoMailboxes checks that another message under a unique-id that the file has is
// appended, once, and that a message that a mail program changed is not.
func TestMboxOfTwoMailboxes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.mbox")
	for range 2 {
		for _, text := range []string{first, second} { // of two accounts, whose old server counted from 1
			if _, err := export(path, "1", text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := uidsIn(t, path); !reflect.DeepEqual(got, []string{"1", "1~2"}) {
		t.Errorf("there are %q", got)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(text), "Subject: x\n", "Subject: x\nStatus: RO\nLines: 1\n", 1))
	if tally, err := export(path, "1", first); err != nil || tally.Kept != 0 {
		t.Errorf("%+v, %v", tally, err)
	}
}

// TestMboxRefuses checks that an export does not append to a file that no export wrote, or that is
// cut off, and leaves it as it is.
func TestMboxRefuses(t *testing.T) {
	const mark = "From a@home.arpa Sun Sep  9 01:46:40 2001\n"
	long := first + strings.Repeat("a line\n\n", 100)
	whole := mark + "X-UIDL: a\n" + long + "\n"
	for name, text := range map[string]string{
		"of another program":      mark + first + "\n",
		"one of another program":  whole + mark + second + "\n",
		"no mbox":                 "hello\n",
		"cut in a line":           whole[:len(whole)-400-3],
		"cut behind a line":       mark + "X-UIDL: a\n" + first + "a line\n",
		"cut behind an empty one": mark + "X-UIDL: a\n" + first + "a line\n\n",
	} {
		path := filepath.Join(t.TempDir(), "anna.mbox")
		write(t, path, text)
		if tally, err := export(path, "a", long, "b", second); !errors.Is(err, ErrNotExported) {
			t.Errorf("%s: %+v, %v", name, tally, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%s: the file was changed: %v", name, err)
		}
		if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %q, %v", name, left, err)
		}
	}
}

// TestMboxChangedMeanwhile checks that what another program delivers during an export is not lost.
func TestMboxChangedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anna.mbox")
	if _, err := export(path, "a", first); err != nil {
		t.Fatal(err)
	}
	m, err := OpenMbox(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Take("b", when, strings.NewReader(second)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"more\n")
	if err := m.Finish(); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(text)+"more\n" {
		t.Errorf("%q, %v", after, err)
	}
}
