package queue

import (
	"os"
	"path/filepath"
	"testing"
)

// TestParseQueue: recipients count and not messages, and one that is being sent keeps the queue
// from resting.
func TestParseQueue(t *testing.T) {
	const head = "ID                  Size  Queued            Sender, recipients\n"
	const message = "Q7K2              4.3 KiB  2026-12-01 06:00  <bench@home.arpa>\n"
	const indent = "                                           "
	waits := indent + "<anna@outside.example> (through provider; next at 06:14; out of reach)\n"
	sent := indent + "<anna@outside.example> (through provider; being sent)\n"
	for _, tt := range []struct {
		name, list string
		want       int
		resting    bool
	}{
		{"empty", "Mail queue is empty\n", 0, true},
		{"waiting", head + message + waits + message + waits, 2, true},
		{"one is sent", head + message + waits + message + sent, 2, false},
	} {
		if n, resting := parseQueue(tt.list); n != tt.want || resting != tt.resting {
			t.Errorf("%s: %d, %t, want %d, %t", tt.name, n, resting, tt.want, tt.resting)
		}
	}
}

// TestCountFiles: files of all folders below count, and a queue that is not there is an error: it
// would look as if all had been sent.
func TestCountFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"A/1", "A/2", "B/3", "4"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := countFiles(folder); err != nil || n != 4 {
		t.Errorf("%d files, %v, want 4", n, err)
	}
	if n, err := countFiles(filepath.Join(folder, "deferred")); err == nil {
		t.Errorf("a folder that is not there has %d files", n)
	}
}
