package board

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A transcript is what was said so far, and lets wait for more.
type transcript struct {
	mu    sync.Mutex
	text  []byte
	read  int           // up to where await has looked
	more  chan struct{} // closed and made anew when text grows
	ended bool
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

// copy takes in all that r gives.
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

// await returns the next line that has the text in it, the lines before are passed over. It fails when nothing more can come.
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

// next looks through the whole lines that are left.
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

// tail returns the last octets that were said.
func (t *transcript) tail() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-4000):])
}
