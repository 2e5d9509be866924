package remote

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
)

// mailbag keeps what owners are told.
type mailbag struct{ subjects, texts []string }

func (m *mailbag) notices(file string) *Notices {
	return &Notices{File: file, Log: zap.NewNop(), Tell: func(_ context.Context, a *Account, subject, text string) error {
		m.subjects, m.texts = append(m.subjects, subject), append(m.texts, text)
		return nil
	}}
}

// told collects a few times and returns how many notices there are then.
func (x *place) told(m *mailbag, times int) int {
	for range times {
		x.c.Collect(context.Background(), x.a, false)
	}
	return len(m.subjects)
}

// again is what a restart leaves of a place.
func (x *place) again(m *mailbag) {
	notices := m.notices(x.c.Notices.File)
	x.c = newCollector(x.c.Store, x.p, x.c.Clock)
	x.c.Notices = notices
}

// TestOwnerIsTold: once for a condition, also over restarts, and again when it comes back after the
// account has worked.
func TestOwnerIsTold(t *testing.T) {
	for _, tt := range []struct {
		name, subject, text string
		err                 error
	}{
		{"a new password", "needs a new login", "pillarbox remote login a", session.Errorf(session.Auth, "[AUTH] no")},
		{"no room", "no room for mail from a", "the mailbox is full", session.Errorf(session.Full, "the mailbox is full")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x, m := newPlace(t, 2), &mailbag{}
			x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
			x.p.refuses = tt.err
			if n := x.told(m, 5); n != 1 {
				t.Fatalf("%d notices: %q", n, m.subjects)
			}
			if !strings.Contains(m.subjects[0], tt.subject) || !strings.Contains(m.texts[0], tt.text) || strings.Contains(strings.ReplaceAll(m.texts[0], "\r\n", ""), "\n") {
				t.Errorf("it says %q, %q", m.subjects[0], m.texts[0])
			}
			x.again(m)
			if n := x.told(m, 5); n != 1 {
				t.Errorf("after a restart there are %d", n)
			}
			x.p.refuses = nil
			x.again(m)
			x.told(m, 1)
			x.again(m)
			x.p.refuses = tt.err
			if n := x.told(m, 5); n != 2 {
				t.Errorf("after it worked there are %d", n)
			}
		})
	}
}

// TestEndedIsNotToldTwice: of a login by OAuth 2.0 that has ended package grant tells, not this
// one.
func TestEndedIsNotToldTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, m := newPlace(t, 2), &mailbag{}
		x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
		x.p.refuses = session.Errorf(session.Ended, "the consent was withdrawn")
		x.told(m, 2)
		time.Sleep(2 * failingAfter)
		if n := x.told(m, 3); n != 0 {
			t.Errorf("%d notices: %q", n, m.subjects)
		}
	})
}

// TestPasswordChanged: a provider is asked twice with a password that it refuses, and no more.
func TestPasswordChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newPlace(t, 2)
		x.p.refuses = session.Errorf(session.Auth, "[AUTH] no")
		x.c.Accounts = func() []*Account { return []*Account{x.a} }
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		defer cancel()
		x.c.Run(ctx)
		if n := strings.Count(strings.Join(x.p.commands, " "), "open"); n != mostRefused {
			t.Errorf("%d logins", n)
		}
	})
}

// TestFailingForADay: a line that is down is nothing to tell, a day of it is, once.
func TestFailingForADay(t *testing.T) {
	for _, kind := range []session.Kind{session.Network, session.Busy, session.Protocol, session.Certificate} {
		synctest.Test(t, func(t *testing.T) {
			x, m := newPlace(t, 2), &mailbag{}
			x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
			x.p.refuses = session.Errorf(kind, "no luck")
			x.c.Accounts = func() []*Account { return []*Account{x.a} }
			for hours, want := range map[time.Duration]int{23: 0, 26: 1, 21 * 24: 1} {
				x.again(m)
				m.subjects, m.texts = nil, nil
				x.c.Accounts = func() []*Account { return []*Account{x.a} }
				x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
				ctx, cancel := context.WithTimeout(t.Context(), hours*time.Hour)
				x.c.Run(ctx)
				cancel()
				if len(m.subjects) != want {
					t.Errorf("kind %d, %d hours: %q", kind, hours, m.subjects)
				}
			}
		})
	}
}

// TestTooLargeIsTold: the owner gets the header and the size of a message that stays at the
// provider, once.
func TestTooLargeIsTold(t *testing.T) {
	x, m := newPlace(t, 3), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	x.p.messages[1].octets = 2 << 20
	x.p.messages[1].content = "From: =?utf-8?q?G=C3=BCnther?= <g@example.org>\r\nSubject: the\r\n\tfilm\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n\r\ntext\r\n"
	if r := x.collect(); r.TooLarge != 1 || len(m.texts) != 1 {
		t.Fatalf("%+v, %q", r, m.subjects)
	}
	for _, want := range []string{"Günther <g@example.org>", "Subject: the film\r\n", "Mon, 30 Nov 2026", "Octets:  2097152", `largest = "1MiB"`} {
		if !strings.Contains(m.texts[0], want) {
			t.Errorf("the notice has no %q:\n%s", want, m.texts[0])
		}
	}
	x.again(m)
	if n := x.told(m, 2); n != 1 {
		t.Errorf("again: %q", m.subjects)
	}
	x.p.messages[2] = newLetter(9, 400) // another name
	x.p.messages[2].octets = 3 << 20
	if n := x.told(m, 2); n != 2 || strings.Contains(m.texts[1], "film") {
		t.Errorf("another one: %q", m.texts)
	}
	if n := x.k.Count(x.a.Number()); n != 4 {
		t.Errorf("%d ids of messages, want 2 and those of the beginning", n)
	}
}

// TestLongerThanItSays: a message whose size is found out on the way is told about, too.
func TestLongerThanItSays(t *testing.T) {
	x, m := newPlace(t, 3), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	x.a.Largest = 1000
	x.p.messages[1] = newLetter(1, 5000)
	x.p.messages[1].octets = 400
	if n := x.told(m, 4); n != 1 || !strings.Contains(m.texts[0], "letter 1") {
		t.Errorf("%q", m.texts)
	}
}

// TestManyTooLarge: one notice describes a few of them.
func TestManyTooLarge(t *testing.T) {
	x, m := newPlace(t, 100), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	for _, one := range x.p.messages {
		one.octets = 2 << 20
	}
	if n := x.told(m, 2); n != 1 || strings.Count(m.texts[0], "Octets:") != mostDescribed || !strings.Contains(m.texts[0], "and 80 more") {
		t.Errorf("%d notices: %q", n, m.texts)
	}
}

// TestRenumberedIsTold: with the numbers.
func TestRenumberedIsTold(t *testing.T) {
	x, m := newPlace(t, 30), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	x.p.messages[7].content = "Subject: no id\r\n\r\ntext\r\n"
	x.collect()
	for _, one := range x.p.messages {
		one.uid = "new-" + one.uid
	}
	if n := x.told(m, 3); n != 1 || !strings.Contains(m.texts[0], "29 of them") || !strings.Contains(m.texts[0], "1 were not") {
		t.Errorf("%q", m.texts)
	}
}

// TestClockNotBelieved: a certificate that is not valid now says nothing about the provider.
func TestClockNotBelieved(t *testing.T) {
	x, m := newPlace(t, 2), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	x.p.refuses = session.Errorf(session.Expired, "valid from 2026-01-01")
	for clock, want := range map[Clock]session.Kind{day{today, 1}: session.Certificate, unbelieved{day{1, 0}}: session.Network} {
		x.c.Clock = clock
		_, err := x.c.Collect(context.Background(), x.a, false)
		if e := session.As(err); e.Kind != want || (want == session.Network) != strings.HasPrefix(e.Text, "waits for the clock") {
			t.Errorf("%v: %v", clock, err)
		}
	}
	x.p.refuses = nil
	x.a.After = config.FromNow
	if r := x.collect(); r.New != 2 {
		t.Errorf("%+v", r)
	}
}
