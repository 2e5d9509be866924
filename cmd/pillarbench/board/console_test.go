package board

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	for _, row := range []struct {
		name, said string
		await      []string
		want       string // of the last
	}{
		{"the line that has it", "one\r\ntwo words\r\nthree\r\n", []string{"word"}, "two words"},
		{"each wait goes on behind the last", "ready 1\nwell\nready 2\n", []string{"ready", "ready"}, "ready 2"},
		{"what was passed over does not come back", "one\ntwo\n", []string{"two", "one"}, ""},
		{"half a line at the end is none", "one\ntwo", []string{"two"}, ""},
		{"nothing", "", []string{"one"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newTranscript()
			s.copy(strings.NewReader(row.said))
			var got string
			var err error
			for _, text := range row.await {
				got, err = s.await(t.Context(), text)
			}
			if got != row.want || (err == nil) != (row.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, row.want)
			}
		})
	}
}

// Await returns for later output, and gives up when its context ends.
func TestAwaitLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTranscript()
		r, w := io.Pipe()
		go s.copy(r)
		go func() {
			time.Sleep(time.Second)
			io.WriteString(w, "not yet\nrea")
			time.Sleep(time.Second)
			io.WriteString(w, "dy\n")
		}()
		if line, err := s.await(t.Context(), "ready"); line != "ready" || err != nil {
			t.Errorf("got %q and %v", line, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.await(ctx, "more"); err == nil || !strings.Contains(err.Error(), `no "more"`) {
			t.Errorf("got %v", err)
		}
		w.Close()
	})
}
