package outbound

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pillarbox/appliance/outbound/smarthost"
)

// TestRestartInEveryState: the server is started again in each state of a message. Nothing is lost,
// nothing is sent twice, and what is refused is reported once.
func TestRestartInEveryState(t *testing.T) {
	for _, row := range []struct {
		name    string
		state   func(w *world)
		after   time.Duration // the start in which the message waits
		reports int           // in the place of a message that is sent
	}{
		{"queued while nothing is known of the line", func(w *world) { w.dial = ErrOffline }, 0, 0},
		{"offline for three weeks", func(w *world) { w.dial = ErrOffline }, 21 * 24 * time.Hour, 0},
		{"put off by 4xx", func(w *world) {
			w.reply = func(string, string) smarthost.Result { return refused("451 4.3.0 Try later") }
		}, time.Hour, 0},
		{"waits for a limit of the provider", func(w *world) {
			w.reply = func(string, string) smarthost.Result { return refused("421 4.7.28 Rate limited") }
		}, 10 * time.Minute, 0},
		{"waits for a login", func(w *world) { w.dial = fmt.Errorf("%w: 535 5.7.8 wrong", smarthost.ErrLogin) }, 24 * time.Hour, 0},
		{"waits for a secret", func(w *world) { w.dial = ErrLoginNeeded }, time.Hour, 0},
		{"the final dot had no reply", func(w *world) { w.reply = func(string, string) smarthost.Result { return inDoubt } }, 5 * time.Minute, 0},
		{"the session broke", func(w *world) { w.broken = errors.New("broken pipe") }, 10 * time.Second, 0},
		{"while a session sends it", func(w *world) { w.before = func(string, string) { time.Sleep(time.Minute) } }, 30 * time.Second, 0},
		{"its report finds no room", func(w *world) {
			w.full = errors.New("mailbox full")
			w.reply = func(string, string) smarthost.Result { return refused("550 5.1.1 No") }
		}, 10 * time.Minute, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.say(func() { row.state(w) })
				w.put("anna@example.org", Wishes{}, "bob@example.net")
				w.pass(row.after)
				w.restart()
				w.say(func() {
					w.dial, w.broken, w.before, w.full = nil, nil, nil, nil
					w.secrets++
					if row.reports == 0 {
						w.reply = func(string, string) smarthost.Result { return sent() }
					}
				})
				w.pass(2 * time.Hour)
				w.want("sent", len(w.sent), 1-row.reports)
				w.want("left", w.left(), 0)
				w.want("reports", len(w.reports), row.reports)
			})
		})
	}
}
