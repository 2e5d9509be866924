package outbound

import (
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/outbound/smarthost"
)

// TestList: what waits, why, and when it is tried.
func TestList(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(_, to string) smarthost.Result {
			if strings.HasPrefix(to, "later") {
				return refused("451 4.3.0 Try later")
			}
			return sent()
		}
		w.put("anna@example.org", Wishes{}, "later@example.net", "bob@example.net")
		w.pass(time.Second)
		list, err := w.queue.List()
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		e := list[0]
		if e.To != "later@example.net" || e.From != "anna@example.org" || e.Tries != 1 || e.Why != "451 4.3.0 Try later" || e.Octets != int64(len(mailText)) {
			t.Errorf("entry %+v", e)
		}
		if wait := time.Until(e.Next); wait < 50*time.Second || wait > 70*time.Second {
			t.Errorf("next in %v", wait)
		}
	})
}

// TestBounceAndDelete: a command returns one recipient to the sender, and removes another without a
// word.
func TestBounceAndDelete(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrOffline
		w.put("anna@example.org", Wishes{}, "a@example.net", "b@example.net", "c@example.net")
		w.pass(time.Second)
		if n, err := w.queue.Do(t.Context(), Bounce, Selection{To: "A@example.net"}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := w.queue.Do(t.Context(), Delete, Selection{To: "b@example.net"}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := w.queue.Do(t.Context(), Delete, Selection{To: "x@example.net"}); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		w.pass(time.Second)
		w.want("left", w.left(), 1)
		w.want("reports", len(w.reports), 1)
		if len(w.reports) > 0 && (!strings.Contains(w.reports[0], "a@example.net") || strings.Contains(w.reports[0], "b@example.net")) {
			t.Errorf("report %s", w.reports[0])
		}
	})
}

// TestRetry: a command tries at once what the account waits for, also after a refused login.
func TestRetry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrLoginNeeded
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(time.Hour)
		w.say(func() { w.dial = nil })
		w.pass(time.Hour)
		w.want("sent", len(w.sent), 0)
		if n, err := w.queue.Do(t.Context(), Retry, Selection{All: true}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		w.pass(time.Second)
		w.want("sent", len(w.sent), 1)
	})
}
