package spool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"pillarbox/spool/flash"
)

// TestOnARealFolder does on a real file system what the other tests do on the model, and reads by
// the extents that a session sends from.
func TestOnARealFolder(t *testing.T) {
	for _, mode := range []flash.Mode{0, flash.Append} {
		t.Run(fmt.Sprint("mode ", mode), func(t *testing.T) {
			dir := t.TempDir()
			s := openFolder(t, dir, mode)
			for i := range 60 {
				size := []int{300, 9000, 50_000}[i%3]
				if err := errors.Join(deliver(s, mail(fmt.Sprint("kept ", i%3), size), 1, 2), expungeAll(s, 2, none)); err != nil {
					t.Fatalf("mail %d: %v", i, err)
				}
				if i%4 == 3 {
					if err := expungeAll(s, 1, first); err != nil {
						t.Fatal(err)
					}
				}
				if i%6 == 5 {
					if err := errors.Join(expungeAll(s, 1, odd), s.Compact(context.Background(), nil)); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := contents(t, s, 1)
			if by := byExtents(t, s, 1); !maps.Equal(by, before) {
				t.Error("the extents do not hold what ReadAt reads")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openFolder(t, dir, mode)
			defer s.Close()
			if after := contents(t, s, 1); len(before) == 0 || !maps.Equal(before, after) {
				t.Errorf("%d mails before a restart, %d after", len(before), len(after))
			}
			recount(t, s)
		})
	}
}

func openFolder(t *testing.T, dir string, mode flash.Mode) *Spool {
	t.Helper()
	vol, err := flash.Open(dir, flash.Options{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return open(t, vol)
}

func byExtents(t *testing.T, s *Spool, key Key) held {
	t.Helper()
	v, err := s.View(key)
	if err != nil {
		t.Fatal(err)
	}
	h := make(held)
	for n := 1; n <= v.Len(); n++ {
		m, err := v.Message(n)
		if err != nil {
			t.Fatal(err)
		}
		var body []byte
		for _, e := range m.Extents() {
			part := make([]byte, e.Length)
			if _, err := e.File.ReadAt(part, e.Offset); err != nil {
				t.Fatal(err)
			}
			body = append(body, part...)
		}
		h[string(v.AppendUID(nil, n))] = string(body)
		m.Close()
	}
	return h
}
