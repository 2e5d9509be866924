package board

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A transcript is the output so far. Callers can wait for more.
type transcript struct {
	mu    sync.Mutex
	text  []byte
	read  int           // how much of it await has searched
	more  chan struct{} // closed and replaced when text grows
	ended bool
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

// copy appends all output of r.
func (t *transcript) copy(r io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := r.Read(buffer)
		t.add(buffer[:n], err != nil)
		if err != nil {
			return
		}
	}
}

func (t *transcript) add(p []byte, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.ended = t.ended || ended
	close(t.more)
	t.more = make(chan struct{})
}

// await returns the next line that contains the text, and skips lines before it. It returns an
// error if no more output can come.
func (t *transcript) await(ctx context.Context, text string) (string, error) {
	for {
		t.mu.Lock()
		line, found := t.next(text)
		more, ended := t.more, t.ended
		t.mu.Unlock()
		switch {
		case found:
			return line, nil
		case ended:
			return "", fmt.Errorf("no %q was said until the end", text)
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", fmt.Errorf("no %q was said: %w", text, context.Cause(ctx))
		}
	}
}

// next searches the complete lines that are left.
func (t *transcript) next(text string) (string, bool) {
	for {
		line, _, whole := strings.Cut(string(t.text[t.read:]), "\n")
		if !whole {
			return "", false
		}
		t.read += len(line) + 1
		if strings.Contains(line, text) {
			return strings.TrimRight(line, "\r"), true
		}
	}
}

// tail returns the last octets of the output.
func (t *transcript) tail() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-4000):])
}
