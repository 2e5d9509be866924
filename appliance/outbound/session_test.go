package outbound

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/outbound/smarthost"
)

// TestListDuringSession: a list that is asked for while a session sends does not shift what the
// session sends and expunges: each recipient gets the own message, and all of them are expunged.
func TestListDuringSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrOffline
		for _, name := range []string{"a", "b", "c"} {
			w.putText("Subject: for "+name+"\r\n\r\ntext\r\n", "anna@example.org", Wishes{}, name+"@example.net")
			w.pass(time.Second)
		}
		list := func(_, to string) {
			if to == "b@example.net" {
				w.put("anna@example.org", Wishes{}, "d@example.net") // has no number in this session yet
			}
			if _, err := w.queue.List(); err != nil {
				t.Error(err)
			}
		}
		w.say(func() { w.dial, w.before = nil, list })
		w.pass(2 * time.Minute)
		w.want("sent", len(w.sent), 4)
		for i, name := range []string{"a", "b", "c", "d"} {
			want := "> " + name + "@example.net: Subject: for " + name + "\r\n"
			if name == "d" {
				want = "> d@example.net: " + mailText
			}
			if i < len(w.sent) && !strings.Contains(w.sent[i], want) {
				t.Errorf("sent %q, want %q in it", w.sent[i], want)
			}
		}
		w.want("left", w.left(), 0)
	})
}

// TestAlwaysLimited: a message that is always answered like an account that sent too much does not
// keep the others from leaving, and is returned like any other.
func TestAlwaysLimited(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(_, to string) smarthost.Result {
			if to == "odd@example.net" {
				return refused("451 4.7.0 Message rate limit of this list")
			}
			return sent()
		}
		w.put("anna@example.org", Wishes{}, "odd@example.net")
		w.pass(time.Second)
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(61*time.Minute + 30*time.Second)
		w.want("sent", len(w.sent), 1)
		w.pass(11 * 24 * time.Hour)
		w.want("left", w.left(), 0)
		w.want("reports", len(w.reports), 2) // delayed, failed
	})
}

// TestHoldDuringSession: a hold counts at once, also in a session that sends already, for one
// message and for all.
func TestHoldDuringSession(t *testing.T) {
	for _, all := range []bool{true, false} {
		dir := t.TempDir()
		inWorld(t, func(t *testing.T, w *world) {
			w.stop()
			var err error
			if w.hold, err = OpenHold(filepath.Join(dir, "queue"), named("one"), false); err != nil {
				t.Fatal(err)
			}
			w.dial = ErrOffline
			w.start()
			w.put("anna@example.org", Wishes{}, "a@example.net")
			w.pass(time.Second)
			second := w.put("anna@example.org", Wishes{}, "b@example.net")
			w.pass(time.Second)
			what := Selection{All: all}
			if !all {
				what.IDs = []string{second}
			}
			w.say(func() {
				w.dial = nil
				w.before = func(string, string) {
					if _, err := w.queue.Do(t.Context(), Suspend, what); err != nil {
						t.Error(err)
					}
				}
			})
			w.pass(time.Hour)
			w.want("sent", len(w.sent), 1)
			w.say(func() { w.before = nil })
			if n, err := w.queue.Do(t.Context(), Release, what); err != nil || n != 1 {
				t.Errorf("released %d, %v", n, err)
			}
			w.pass(time.Minute)
			w.want("sent after the release", len(w.sent), 2)
		})
	}
}

// TestDeleteDuringSession: what is being sent is not removed and not counted; what waits is both,
// and can be, before the session comes to it.
func TestDeleteDuringSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrOffline
		w.put("anna@example.org", Wishes{}, "a@example.net")
		w.pass(time.Second)
		w.put("anna@example.org", Wishes{}, "b@example.net")
		w.pass(time.Second)
		w.say(func() {
			w.dial = nil
			w.before = func(string, string) {
				if n, err := w.queue.Do(t.Context(), Delete, Selection{All: true}); err != nil || n != 1 {
					t.Errorf("deleted %d, %v", n, err)
				}
			}
		})
		w.pass(time.Hour)
		w.want("sent", len(w.sent), 1)
		w.want("left", w.left(), 0)
	})
}

// TestLongSession: a session that has become old begins no further message; the next one does, at
// once.
func TestLongSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrOffline
		for range 5 {
			w.put("anna@example.org", Wishes{}, "bob@example.net")
		}
		w.pass(time.Second)
		w.say(func() {
			w.dial, w.dials = nil, 0
			w.before = func(string, string) { time.Sleep(12 * time.Minute) }
		})
		w.pass(62 * time.Minute)
		w.want("sent", len(w.sent), 5)
		w.want("sessions", w.dials, 3)
	})
}
