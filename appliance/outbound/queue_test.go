package outbound

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/outbound/smarthost"
)

// TestSent: a message leaves at once, as it is stored, and nothing of it stays but the mail here.
func TestSent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put("anna@example.org", Wishes{}, "bob@example.net", "carol@example.net")
		w.pass(time.Second)
		w.want("sent", len(w.sent), 2)
		if want := "anna@example.org > bob@example.net: " + mailText + ".\r\n"; len(w.sent) > 0 && w.sent[0] != want {
			t.Errorf("sent %q, want %q", w.sent[0], want)
		}
		w.want("sessions", w.dials, 1)
		w.want("left", w.left(), 0)
		w.want("reports", len(w.reports), 0)
	})
}

// TestRefused: one of three recipients is refused: two are sent, one report, nothing is tried
// again.
func TestRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(_, to string) smarthost.Result {
			if to == "nobody@example.net" {
				return refused("550 5.1.1 No such user")
			}
			return sent()
		}
		w.put("anna@example.org", Wishes{}, "bob@example.net", "nobody@example.net", "carol@example.net")
		w.pass(24 * time.Hour)
		w.want("sent", len(w.sent), 2)
		w.want("left", w.left(), 0)
		w.want("reports", len(w.reports), 1)
		w.want("sessions", w.dials, 1)
		for _, want := range []string{"anna\n", "To: <anna@example.org>", "Action: failed", "Status: 5.1.1", "smtp; 550 5.1.1 No such user", "<nobody@example.net>", "Subject: hello"} {
			if !strings.Contains(w.reports[0], want) {
				t.Errorf("the report lacks %q:\n%s", want, w.reports[0])
			}
		}
	})
}

// TestNeverNotified: NOTIFY=NEVER and the null reverse-path have no report, whatever happens.
func TestNeverNotified(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(string, string) smarthost.Result { return refused("550 5.1.1 No such user") }
		w.put("anna@example.org", Wishes{Notify: "NEVER"}, "nobody@example.net")
		w.put("", Wishes{}, "nobody@example.net")
		w.pass(time.Hour)
		w.want("left", w.left(), 0)
		w.want("reports", len(w.reports), 0)
	})
}

// TestRelayed: a wish for a report of success is answered here only if the server does not do it.
func TestRelayed(t *testing.T) {
	for _, dsn := range []bool{false, true} {
		inWorld(t, func(t *testing.T, w *world) {
			w.dsn = dsn
			w.put("anna@example.org", Wishes{Notify: "SUCCESS"}, "bob@example.net")
			w.pass(time.Second)
			want := 1
			if dsn {
				want = 0
			}
			w.want("reports", len(w.reports), want)
			if want == 1 && !strings.Contains(w.reports[0], "Action: relayed") {
				t.Errorf("report %s", w.reports[0])
			}
		})
	}
}

// near reports whether a time is within the jitter of the table, and the seconds that came before.
func near(got, want time.Duration) bool { return got > want*88/100 && got < want*112/100 }

// TestSchedule: a message that is refused for now is tried by the table, the sender is told once
// after 4 hours, and it is returned after 5 days.
func TestSchedule(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(string, string) smarthost.Result { return refused("451 4.3.0 Try later") }
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(3 * time.Hour)
		sum := time.Duration(0)
		for i, step := range steps {
			sum += step
			if i+1 >= len(w.tried) || !near(w.tried[i+1], sum) {
				t.Fatalf("tried at %v; number %d is not near %v", w.tried, i+1, sum)
			}
		}
		w.want("reports after 3 hours", len(w.reports), 0)
		w.pass(3 * time.Hour)
		w.want("reports after 6 hours", len(w.reports), 1)
		if !strings.Contains(w.reports[0], "Action: delayed") || !strings.Contains(w.reports[0], "451 4.3.0 Try later") {
			t.Errorf("report %s", w.reports[0])
		}
		w.pass(4 * 24 * time.Hour)
		w.want("left after 4 days", w.left(), 1)
		w.want("reports after 4 days", len(w.reports), 1)
		w.pass(2 * 24 * time.Hour)
		w.want("left after 6 days", w.left(), 0)
		w.want("reports after 6 days", len(w.reports), 2)
		if !strings.Contains(w.reports[1], "Action: failed") || !strings.Contains(w.reports[1], "Status: 4.4.7") {
			t.Errorf("report %s", w.reports[1])
		}
	})
}

// TestRetryWritesNothing: not one write or flush for a day of tries.
func TestRetryWritesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(string, string) smarthost.Result { return refused("451 4.3.0 Try later") }
		w.put("anna@example.org", Wishes{Notify: "FAILURE"}, "bob@example.net")
		w.pass(time.Second)
		before := w.spool.Stats().Lifetime
		w.pass(24 * time.Hour)
		if after := w.spool.Stats().Lifetime; after != before {
			t.Errorf("written %+v, before %+v", after, before)
		}
		if w.dials < 20 {
			t.Errorf("%d tries", w.dials)
		}
	})
}

// TestOffline: three weeks without a line lose nothing, return nothing and tell nobody; the first
// success sends all.
func TestOffline(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = fmt.Errorf("%w: no route", ErrOffline)
		for range 5 {
			w.put("anna@example.org", Wishes{}, "bob@example.net")
		}
		w.pass(21 * 24 * time.Hour)
		w.want("left", w.left(), 5)
		w.want("reports", len(w.reports), 0)
		for i, at := range []time.Duration{0, 1 * time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute} {
			if got := w.tried[i]; i > 0 && !near(got, at) {
				t.Errorf("probe %d at %v, want about %v", i, got, at)
			}
		}
		w.say(func() { w.dial = nil })
		w.pass(17 * time.Minute)
		w.want("sent", len(w.sent), 5)
		w.want("left", w.left(), 0)
	})
}

// TestThirtyDays: even without a line a message is returned at last, if the clock can be believed.
func TestThirtyDays(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		inWorld(t, func(t *testing.T, w *world) {
			w.trusted = trusted
			w.dial = ErrOffline
			w.put("anna@example.org", Wishes{}, "bob@example.net")
			w.pass(31 * 24 * time.Hour)
			want := 1
			if trusted {
				want = 0
			}
			w.want("left", w.left(), want)
			w.want("reports", len(w.reports), 1-want)
		})
	}
}

// TestLogin: a refused login is tried once more; then mail waits for another secret, and is not
// returned.
func TestLogin(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = fmt.Errorf("%w: 535 5.7.8 wrong", smarthost.ErrLogin)
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(10 * 24 * time.Hour)
		w.want("tries", w.dials, 2)
		w.want("asked", len(w.asked), 1)
		if list := w.queue.Troubles(); len(list) != 1 || !strings.Contains(list[0], "pillarbox remote login anna-mail") {
			t.Errorf("troubles %q", list)
		}
		w.want("left", w.left(), 1)
		w.want("reports", len(w.reports), 0)
		// Those ten days were not time with a connection.
		w.say(func() {
			w.dial, w.secrets = nil, 1
			w.reply = func(string, string) smarthost.Result { return refused("451 4.3.0 Try later") }
		})
		w.pass(time.Hour)
		w.want("reports", len(w.reports), 0)
		w.say(func() { w.reply = func(string, string) smarthost.Result { return sent() } })
		w.pass(time.Hour)
		w.want("sent", len(w.sent), 1)
		w.want("troubles", len(w.queue.Troubles()), 0)
	})
}

// TestLoginMissing: without a secret nobody is asked twice, and the provider not once.
func TestLoginMissing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.dial = ErrLoginNeeded
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(24 * time.Hour)
		w.want("tries", w.dials, 1)
		w.want("asked", len(w.asked), 1)
	})
}

// TestThrottled: after a limit of the provider the account waits an hour, also where the code is
// 5xx.
func TestThrottled(t *testing.T) {
	for _, text := range []string{"421 4.7.28 Rate limited", "454 4.7.0 Too many login attempts", "550 5.4.5 Daily user sending limit exceeded", "451 4.3.0 Your sending quota is used up: hourly limit"} {
		inWorld(t, func(t *testing.T, w *world) {
			w.reply = func(string, string) smarthost.Result { return refused(text) }
			w.put("anna@example.org", Wishes{}, "bob@example.net")
			w.put("anna@example.org", Wishes{}, "carol@example.net")
			w.pass(59 * time.Minute)
			w.want(text+": sessions", w.dials, 1)
			w.want(text+": reports", len(w.reports), 0)
			w.say(func() { w.reply = func(string, string) smarthost.Result { return sent() } })
			w.pass(4 * time.Minute)
			w.want(text+": sent", len(w.sent), 2)
		})
	}
}

// TestPerDay: the limit of the account counts recipients over 24 hours.
func TestPerDay(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.accounts[0].PerDay = 3
		w.put("anna@example.org", Wishes{}, "a@example.net", "b@example.net")
		w.put("anna@example.org", Wishes{}, "c@example.net", "d@example.net")
		w.pass(23 * time.Hour)
		w.want("sent", len(w.sent), 3)
		w.pass(2 * time.Hour)
		w.want("sent on the next day", len(w.sent), 4)
		w.want("reports", len(w.reports), 0)
	})
}

// inDoubt is the result of a final dot without a reply.
var inDoubt = smarthost.Result{Outcome: smarthost.InDoubt, Whole: true}

// TestInDoubt: after a final dot without a reply nothing is sent for 10 minutes, and not again if
// the message lies in the folder of sent mail.
func TestInDoubt(t *testing.T) {
	for _, row := range []struct {
		name string
		ask  func(string) (bool, error)
		want int
	}{
		{"found", func(id string) (bool, error) { return id == "<1@example.org>", nil }, 0},
		{"not found", func(string) (bool, error) { return false, nil }, 1},
		{"not known", nil, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.pass(time.Second) // what is there at the start is not asked for
				w.inSent = row.ask
				w.reply = func(string, string) smarthost.Result { return inDoubt }
				w.put("anna@example.org", Wishes{}, "bob@example.net")
				w.pass(9 * time.Minute)
				w.want("sessions", w.dials, 1)
				list, err := w.queue.List()
				if err != nil || len(list) != 1 || !list[0].Doubt {
					t.Errorf("list %+v, %v", list, err)
				}
				w.say(func() { w.reply = func(string, string) smarthost.Result { return sent() } })
				w.pass(2 * time.Minute)
				w.want("sent", len(w.sent), row.want)
				w.want("left", w.left(), 0)
			})
		})
	}
}

// TestBrokenSession: a session that breaks ends the round; each message is tried by the table.
func TestBrokenSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.broken = errors.New("broken pipe")
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.put("anna@example.org", Wishes{}, "carol@example.net")
		w.pass(30 * time.Second)
		w.want("sessions", w.dials, 2)
		w.say(func() { w.broken = nil })
		w.pass(time.Minute)
		w.want("sent", len(w.sent), 2)
	})
}

// TestFullMailbox: a report that finds no room is stored later, and until then the recipient stays.
func TestFullMailbox(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.full = errors.New("mailbox full")
		w.reply = func(string, string) smarthost.Result { return refused("550 5.1.1 No") }
		w.put("anna@example.org", Wishes{}, "nobody@example.net")
		w.pass(50 * time.Minute)
		w.want("left", w.left(), 1)
		w.say(func() { w.full = nil })
		w.pass(20 * time.Minute)
		w.want("left", w.left(), 0)
		w.want("reports", len(w.reports), 1)
		w.want("sessions", w.dials, 1)
	})
}

// TestRestart: what waits is found again in the spool, tried at once, and by the steps of its age.
func TestRestart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.reply = func(string, string) smarthost.Result { return refused("451 4.3.0 Try later") }
		w.put("anna@example.org", Wishes{}, "bob@example.net", "carol@example.net")
		w.pass(10 * time.Hour)
		w.want("notices", len(w.reports), 1)
		before := w.dials
		w.restart()
		w.pass(50 * time.Minute)
		w.want("tries after the start", w.dials-before, 1)
		w.pass(24 * time.Hour)
		w.want("notices", len(w.reports), 1)
		w.say(func() { w.reply = func(string, string) smarthost.Result { return sent() } })
		w.pass(time.Hour + 10*time.Minute)
		w.want("sent", len(w.sent), 2)
		w.want("left", w.left(), 0)
	})
}

// TestAccountGone: mail of an account that was removed waits, and its owner being unknown the
// postmaster has the report.
func TestAccountGone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.accounts = nil
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(29 * 24 * time.Hour)
		w.want("left", w.left(), 1)
		w.pass(2 * 24 * time.Hour)
		w.want("left", w.left(), 0)
		w.want("sessions", w.dials, 0)
		if len(w.reports) != 1 || !strings.HasPrefix(w.reports[0], "\n") {
			t.Errorf("reports %q", w.reports)
		}
	})
}

// TestMaxSize: what the server takes is known from its last EHLO.
func TestMaxSize(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sizes = 1000
		w.want("before", int(w.queue.MaxSize("anna-mail")), 0)
		w.put("anna@example.org", Wishes{}, "bob@example.net")
		w.pass(time.Second)
		w.want("after", int(w.queue.MaxSize("anna-mail")), 1000)
	})
}
