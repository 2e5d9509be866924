package outbound

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// named is the identity of any file.
func named(identity string) func(*os.File) string {
	return func(*os.File) string { return identity }
}

// TestCopiedState: a queue whose state directory is another one than it was starts held, also after
// a second start, until it is released.
func TestCopiedState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	open := func(identity string, waiting bool) *Hold {
		h, err := OpenHold(path, named(identity), waiting)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if open("one", false).All() {
		t.Error("held at the first start")
	}
	if !open("one", true).All() {
		t.Error("not held although mail waits and the file is missing")
	}
	if err := open("one", false).Prepare(); err != nil {
		t.Fatal(err)
	}
	if open("one", true).All() {
		t.Error("held at the second start")
	}
	if open("two", false).All() {
		t.Error("a copy in which nothing waits is held")
	}
	h := open("two", true)
	if !h.All() {
		t.Error("a copy is not held")
	}
	if err := h.set(false, nil); err != nil {
		t.Fatal(err)
	}
	if open("two", true).All() {
		t.Error("held after the release")
	}
	if err := open("three", false).Prepare(); err != nil {
		t.Fatal(err)
	}
	if open("three", true).All() {
		t.Error("mail that came to the copy is held")
	}
}

// TestPrepareOnce: the file is written once, not for each message.
func TestPrepareOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	h, err := OpenHold(path, named("one"), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := h.Prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("written again")
	}
}

func TestBadHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	if err := os.WriteFile(path, []byte("identity one\nhold everything\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := OpenHold(path, named("one"), false)
	if err == nil || !strings.Contains(err.Error(), "hold everything") || !h.All() {
		t.Errorf("error: %v, held %v", err, h.All())
	}
	if err := h.set(false, nil); err != nil {
		t.Fatal(err)
	}
	if h, err := OpenHold(path, named("one"), true); err != nil || h.All() {
		t.Errorf("after the release: %v, held %v", err, h.All())
	}
}

// FuzzHold: any text is read or refused, and what is read is written as the same.
func FuzzHold(f *testing.F) {
	f.Add("identity one\nhold all\nhold mzk5w7q2tn4a\n")
	f.Fuzz(func(t *testing.T, text string) {
		h := &Hold{}
		h.parse(text) // must not panic
	})
}

// TestHeldQueue: nothing is sent while everything is held; what is held alone stays behind.
func TestHeldQueue(t *testing.T) {
	dir := t.TempDir()
	inWorld(t, func(t *testing.T, w *world) {
		w.stop()
		var err error
		if w.hold, err = OpenHold(filepath.Join(dir, "queue"), named("one"), true); err != nil {
			t.Fatal(err)
		}
		w.start()
		first := w.put("anna@example.org", Wishes{}, "bob@example.net")
		second := w.put("anna@example.org", Wishes{}, "carol@example.net")
		w.pass(24 * time.Hour)
		w.want("sessions while held", w.dials, 0)
		if _, err := w.queue.Do(t.Context(), Suspend, Selection{IDs: []string{first}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.queue.Do(t.Context(), Release, Selection{IDs: []string{second}}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		w.want("sessions while all is held", w.dials, 0)
		if _, err := w.queue.Do(t.Context(), Release, Selection{All: true}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		w.want("sent", len(w.sent), 2)
	})
}

// TestHoldOne: a hold of one message survives a start.
func TestHoldOne(t *testing.T) {
	dir := t.TempDir()
	inWorld(t, func(t *testing.T, w *world) {
		w.stop()
		var err error
		reopen := func() {
			if w.hold, err = OpenHold(filepath.Join(dir, "queue"), named("one"), false); err != nil {
				t.Fatal(err)
			}
		}
		reopen()
		w.dial = ErrOffline
		w.start()
		first := w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.put("anna@example.org", Wishes{}, "carol@example.net")
		w.pass(time.Second)
		if n, err := w.queue.Do(t.Context(), Suspend, Selection{IDs: []string{first}}); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		w.stop()
		reopen()
		w.start()
		w.say(func() { w.dial = nil })
		w.pass(time.Hour)
		w.want("sent", len(w.sent), 1)
		list, err := w.queue.List()
		if err != nil || len(list) != 1 || !list[0].Held || list[0].ID != first {
			t.Errorf("list %+v, %v", list, err)
		}
		if _, err := w.queue.Do(t.Context(), Release, Selection{IDs: []string{first}}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		w.want("sent", len(w.sent), 2)
	})
}
