package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/cmd/pillarbench/client"
)

// The Maildir contains as many messages, and the names contain their sizes.
func TestWriteMaildir(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "bench0")
	l, err := client.ParseLoad("1k")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeMaildir(folder, l, 7, 3); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "new", "*,S=*,W=*"))
	if err != nil || len(names) != 3 {
		t.Fatalf("%v, %v", names, err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\r") || !strings.Contains(string(text), "X-Message: 7 ") {
		t.Errorf("the message is %q", client.Head(text))
	}
}

func TestWriteMbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench0")
	l, err := client.ParseLoad("1k")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeMbox(path, l, 7, 3); err == nil {
		t.Error("a missing mailbox was made")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeMbox(path, l, 7, 3); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count("\n\n"+string(text), "\n\nFrom bench@home.arpa "); got != 3 {
		t.Errorf("%d messages begin, want 3", got)
	}
}
