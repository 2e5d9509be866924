package archive

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the readers find as the right result")

// fileTime is when the files of the corpus were written: the date of a message that has no other.
var fileTime = time.Unix(5_000_000, 0)

// TestMboxCorpus reads testdata/mbox/NAME, one kind of file each; NAME.want is the right result.
// scripts/mailboxes.sh has other programs judge the same files.
func TestMboxCorpus(t *testing.T) {
	files, err := filepath.Glob(workingFolder(t) + "/testdata/mbox/*.mbox")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir()) // so that names in the report are short
			write(t, "mbox", string(text))
			if err := os.Chtimes("mbox", fileTime, fileTime); err != nil {
				t.Fatal(err)
			}
			source, err := ReadMbox("mbox", Options{})
			compare(t, file+".want", resultOf(t, source, err))
		})
	}
}

// workingFolder is that of the package, before a test changes it.
func workingFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// compare holds a result against the file want.
func compare(t *testing.T, want, result string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(want, []byte(result), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if result != string(text) {
		t.Errorf("got\n%s\nwant\n%s", result, text)
	}
}

// resultOf tells in lines what a source has: its messages, then the report.
func resultOf(t *testing.T, source *Source, err error) string {
	t.Helper()
	if err != nil {
		return fmt.Sprintf("refused %v\n", err)
	}
	var b strings.Builder
	for l, err := range source.Messages {
		if err != nil {
			t.Fatal(err)
		}
		origin, from, err := l.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(from)
		if err = errors.Join(err, from.Close()); err != nil {
			t.Fatal(err)
		}
		at := origin.Received.UTC().Format(time.RFC3339)
		if origin.Received.Equal(fileTime) {
			at = "file"
		}
		fmt.Fprintf(&b, "message %s from=%q at=%s\n", l.UID, origin.From, at)
		for line := range strings.Lines(string(text)) {
			fmt.Fprintf(&b, "\t%q\n", line)
		}
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		Notes
	}{{"skipped", source.Report.Skipped}, {"left out", source.Report.LeftOut}, {"doubtful", source.Report.Doubtful}} {
		for _, n := range part.List {
			fmt.Fprintf(&b, "%s %s: %s\n", part.name, n.Name, n.Reason)
		}
	}
	return b.String()
}

// TestMaildirCorpus reads the Maildirs of testdata/maildir/*.txtar, one kind each. In them
// NAME@base64 is a file in base64, and "want" is the right result; "want-deleted" is that with
// Options.Deleted.
func TestMaildirCorpus(t *testing.T) {
	archives, err := filepath.Glob(workingFolder(t) + "/testdata/maildir/*.txtar")
	if err != nil || len(archives) < 15 {
		t.Fatalf("%d archives: %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			for _, f := range a.Files {
				unpackFile(t, f)
			}
			for i := range a.Files {
				f := &a.Files[i]
				if f.Name != "want" && f.Name != "want-deleted" {
					continue
				}
				source, err := ReadMaildir("Maildir", Options{Deleted: f.Name == "want-deleted"})
				result := resultOf(t, source, err)
				if *update {
					f.Data = []byte(result)
				} else if result != string(f.Data) {
					t.Errorf("%s: got\n%s\nwant\n%s", f.Name, result, f.Data)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// unpackFile writes a file of an archive that is below Maildir.
func unpackFile(t *testing.T, f txtar.File) {
	t.Helper()
	if !strings.HasPrefix(f.Name, "Maildir/") {
		return
	}
	name, coded := strings.CutSuffix(f.Name, "@base64")
	data := f.Data
	if coded {
		var err error
		if data, err = base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(data, []byte("\n"), nil))); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasSuffix(name, "/keep") {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		return
	}
	write(t, name, string(data))
	if err := os.Chtimes(name, fileTime, fileTime); err != nil {
		t.Fatal(err)
	}
}
