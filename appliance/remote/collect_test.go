package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
	"pillarbox/spool/flash/flashtest"
)

// A place is an account, its provider and its spool.
type place struct {
	t *testing.T
	a *Account
	p *scripted
	c *Collector
	k kept
}

func newPlace(t *testing.T, messages int) *place {
	t.Helper()
	s, err := openSpool(flashtest.New(flashtest.Options{}), 64)
	if err != nil {
		t.Fatal(err)
	}
	x := &place{t: t, a: newAccount(), p: newProvider(messages, 400), k: kept{s}}
	x.c = newCollector(x.k, x.p, day{today, today - 100})
	return x
}

func (x *place) collect() Report {
	x.t.Helper()
	r, err := x.c.Collect(context.Background(), x.a, false)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// TestOnce: what was fetched is not fetched again, whatever changes in the configuration.
func TestOnce(t *testing.T) {
	x := newPlace(t, 40)
	letters := texts(x.p)
	if r := x.collect(); r.New != 40 || r.Listed != 40 {
		t.Fatalf("%+v", r)
	}
	x.p.messages = append(x.p.messages, newLetter(40, 400))
	letters[`Message-ID: <40@example.org>`] = x.p.messages[40].content
	if r := x.collect(); r.New != 1 {
		t.Errorf("with one more: %+v", r)
	}
	if err := once(here(t, x.k.s, letters), letters); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(a *Account){
		"another name of the table": func(a *Account) { a.Name = "b" },
		"another host":              func(a *Account) { a.Incoming = "pop.example.com:995" },
		"letter case of the login":  func(a *Account) { a.User = "ANNA" },
		"another protocol":          func(a *Account) { a.Fetch = config.FetchIMAP },
	} {
		a := *x.a
		change(&a)
		if r, err := x.c.Collect(context.Background(), &a, false); err != nil || r.New != 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	other := *x.a
	other.Mailbox++
	if r, err := x.c.Collect(context.Background(), &other, true); err != nil || r.New != 41 {
		t.Errorf("the mailbox of another account: %+v, %v", r, err)
	}
}

// TestDeleteWithoutMessageID: over POP3, where a name can be used again, a message without
// Message-ID is deleted if it has a trace that can be compared, and stays otherwise.
func TestDeleteWithoutMessageID(t *testing.T) {
	x := newPlace(t, 4)
	const trace = "Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\r\n"
	x.p.messages[0].content = trace + "Subject: no id\r\n\r\none\r\n"
	x.p.messages[1].content = "Subject: no id\r\n\r\ntwo\r\n"
	x.p.messages[2].content = trace + "Subject: no id\r\n\r\nthree\r\n"
	x.collect()
	x.p.messages[2].content = strings.Replace(x.p.messages[2].content, "10:00", "10:01", 1)
	x.a.After = config.FromNow
	if r := x.collect(); r.Deleted != 3 || r.New != 1 || len(x.p.messages) != 1 || !strings.Contains(x.p.messages[0].content, "two") {
		t.Errorf("%+v, %d are left", r, len(x.p.messages))
	}
}

// TestRenumbered: messages with new names are recognized; those without Message-ID come again.
func TestRenumbered(t *testing.T) {
	x := newPlace(t, 30)
	x.p.messages[7].content = "Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\r\nSubject: no id\r\n\r\ntext\r\n"
	x.collect()
	for i, m := range x.p.messages {
		m.uid = fmt.Sprintf("new-%d", i)
	}
	x.p.messages = append(x.p.messages, newLetter(99, 400))
	if r := x.collect(); r.Known != 29 || r.New != 2 {
		t.Errorf("%+v, want 29 known and 2 new", r)
	}
	before := len(x.p.commands)
	if r := x.collect(); r.New != 0 || slices.Contains(x.p.commands[before:], "header") {
		t.Errorf("again: %+v, %v", r, x.p.commands[before:])
	}
}

// TestSameHeader: a message is recognized once, and only by what is no longer listed under its old
// name; where messages are deleted at once, nothing is recognized.
func TestSameHeader(t *testing.T) {
	x := newPlace(t, 30)
	x.collect()
	for i, m := range x.p.messages {
		m.uid = fmt.Sprintf("new-%d", i)
	}
	again := func(x *place, n int) {
		for i := range n {
			m := newLetter(3, 400)
			m.uid, m.content = fmt.Sprintf("again-%d-%d", n, i), m.content+"another text\r\n"
			x.p.messages = append(x.p.messages, m)
		}
	}
	again(x, 2)
	if r := x.collect(); r.Known != 30 || r.New != 2 {
		t.Errorf("%+v, want 30 known and 2 new", r)
	}
	x = newPlace(t, 30)
	x.a.After = config.FromNow
	x.collect()
	again(x, 25)
	if r := x.collect(); r.Known != 0 || r.New != 25 || len(x.p.messages) != 0 {
		t.Errorf("%+v, %d are left; want 25 new and none left", r, len(x.p.messages))
	}
}

// TestOtherProtocol: a change from POP3 to IMAP brings nothing twice, however few messages there
// are.
func TestOtherProtocol(t *testing.T) {
	x := newPlace(t, 5)
	x.collect()
	x.a.Fetch = config.FetchIMAP
	for i, m := range x.p.messages {
		m.uid = fmt.Sprintf("of imap %d", i)
	}
	if r := x.collect(); r.Known != 5 || r.New != 0 {
		t.Errorf("%+v", r)
	}
}

// TestBetterNames: a provider that begins to name messages for all folders brings nothing twice,
// however few messages there are.
func TestBetterNames(t *testing.T) {
	x := newPlace(t, 5)
	x.a.Fetch, x.p.word = config.FetchIMAP, "imap"
	x.collect()
	x.p.word = "gmail"
	if r := x.collect(); r.Known != 5 || r.New != 0 {
		t.Errorf("%+v", r)
	}
	before := len(x.p.commands)
	if r := x.collect(); r.New != 0 || slices.Contains(x.p.commands[before:], "header") {
		t.Errorf("again: %+v, %v", r, x.p.commands[before:])
	}
}

// TestSince: the first time only what is new enough is fetched, and the rest is not asked about
// again.
func TestSince(t *testing.T) {
	for since, want := range map[config.Span]int{config.Unbounded: 5, config.FromNow: 0, 30: 3} {
		x := newPlace(t, 5)
		x.a.Since = since
		x.p.messages[0].content = "Message-ID: <a@b>\r\nDate: Mon, 30 Nov 2020 10:00:00 +0000\r\n\r\nold\r\n"
		x.p.messages[3].content = "Message-ID: <c@b>\r\nDate: Sun, 29 Nov 2020 10:00:00 +0000\r\n\r\nold\r\n"
		if r := x.collect(); r.New != want || r.Skipped != 5-want {
			t.Errorf("since %d: %+v, want %d", since, r, want)
		}
		x.p.messages = append(x.p.messages, newLetter(9, 400))
		if r := x.collect(); r.New != 1 {
			t.Errorf("since %d, with one more: %+v", since, r)
		}
	}
	empty := newPlace(t, 0)
	empty.a.Since = config.FromNow
	empty.collect()
	empty.p.messages = append(empty.p.messages, newLetter(1, 400))
	if r := empty.collect(); r.New != 1 {
		t.Errorf("the first message of a mailbox that was empty: %+v", r)
	}
}

// TestPartialListing changes nothing.
func TestPartialListing(t *testing.T) {
	x := newPlace(t, 5)
	x.a.After = config.FromNow
	x.p.partial = true
	if _, err := x.c.Collect(context.Background(), x.a, false); err == nil || x.k.Count(x.a.Number()) != 0 || len(x.p.messages) != 5 {
		t.Errorf("%v, %d ids, %d at the provider", err, x.k.Count(x.a.Number()), len(x.p.messages))
	}
}

// TestAfter: what is deleted at the provider, and when.
func TestAfter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		after  config.Span
		clock  day
		left   int
		change func(x *place)
	}{
		{"keep", config.Unbounded, day{today + 99, 1}, 120, nil},
		{"delete", config.FromNow, day{today, 0}, 0, nil},
		{"7d, too early", 7, day{today + 7, 1}, 120, nil},
		{"7d", 7, day{today + 8, 1}, 0, nil},
		{"7d, after a jump of the clock", 7, day{today + 50, today + 48}, 120, nil},
		{"7d, a clock that is not believed", 7, day{today + 50, 0}, 50 + 70, nil},
		{"expunged here", config.FromNow, day{today, 1}, 0, func(x *place) { expungeAll(x.t, x.k) }},
		{"a name that was used again", config.FromNow, day{today, 1}, 0, func(x *place) { x.p.messages[3].content = newLetter(500, 400).content }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newPlace(t, 120)
			x.collect()
			if tt.change != nil {
				tt.change(x)
			}
			letters := texts(x.p)
			x.a.After = tt.after
			x.c.Clock = tt.clock
			if tt.clock.since == 0 && tt.after > 0 {
				x.c.Clock = unbelieved{tt.clock}
			}
			r := x.collect()
			x.c.Accounts = func() []*Account { return []*Account{x.a} }
			if st := x.c.Status(); len(x.p.messages) != tt.left || r.Deleted != 120-tt.left || r.Listed != 120 || st[0].Listed != tt.left {
				t.Errorf("%d are left, want %d; %+v", len(x.p.messages), tt.left, r)
			}
			if tt.name == "a name that was used again" {
				letters["Message-ID: <3@example.org>"] = newLetter(3, 400).content
				if err := once(here(t, x.k.s, letters), letters); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// An unbelieved clock has no age to tell.
type unbelieved struct{ day }

func (unbelieved) Today() (int, bool) { return 0, false }
func (unbelieved) Age(int) int        { return 0 }

func expungeAll(t *testing.T, k kept) {
	t.Helper()
	v, err := k.s.View(mailbox)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	err = v.Expunge(context.Background(), func(yield func(int) bool) {
		for n := 1; n <= v.Len(); n++ {
			if !yield(n) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForget: an id is forgotten by two listings without it, seven days apart.
func TestForget(t *testing.T) {
	x := newPlace(t, 3)
	x.collect()
	gone := x.p.messages[1]
	x.p.messages = slices.Delete(x.p.messages, 1, 2)
	for _, step := range []struct{ day, ids int }{{today, 5}, {today + 6, 5}, {today + 7, 4}} {
		x.c.Clock = day{step.day, 1}
		x.collect()
		if n := x.k.Count(x.a.Number()); n != step.ids {
			t.Errorf("day %d: %d ids, want %d", step.day-today, n, step.ids)
		}
	}
	x.p.messages = append(x.p.messages, gone)
	if r := x.collect(); r.New != 1 {
		t.Errorf("it comes back: %+v", r)
	}
}

// TestForgetWindow: Gmail lists a part of the mailbox over POP3, so that an id which is not listed
// is kept for 60 days.
func TestForgetWindow(t *testing.T) {
	x := newPlace(t, 3)
	x.a.Provider = "gmail"
	x.collect()
	x.p.messages = x.p.messages[1:]
	for _, step := range []struct{ day, ids int }{{today, 5}, {today + 8, 5}, {today + 59, 5}, {today + 60, 4}} {
		x.c.Clock = day{step.day, 1}
		x.collect()
		if n := x.k.Count(x.a.Number()); n != step.ids {
			t.Errorf("day %d: %d ids, want %d", step.day-today, n, step.ids)
		}
	}
}

// TestTrouble: what fails harms no other message.
func TestTrouble(t *testing.T) {
	x := newPlace(t, 6)
	x.p.messages[2].octets = 2 << 20 // says it is too large
	x.p.messages[4].uid = "uid-0"    // twice: it has no name
	x.p.messages[0].uid, x.p.messages[4].uid = "", ""
	if r := x.collect(); r.New != 5 || r.TooLarge != 1 {
		t.Errorf("%+v", r)
	}
	if r := x.collect(); r.New != 0 {
		t.Errorf("again: %+v", r)
	}
	y := newPlace(t, 6)
	y.p.fail["fetch"] = 1
	if _, err := y.c.Collect(context.Background(), y.a, false); session.As(err).Kind != session.Network {
		t.Errorf("a broken line: %v", err)
	}
	if r := y.collect(); r.New != 6 {
		t.Errorf("after it: %+v", r)
	}
}

// TestDaily: what is too much for the day waits for the next one.
func TestDaily(t *testing.T) {
	x := newPlace(t, 10)
	size := len(x.p.messages[0].content)
	x.a.Daily = config.Size(size*4 + size/2)
	if r := x.collect(); r.New != 4 || r.Waiting != 6 {
		t.Errorf("%+v", r)
	}
	if r := x.collect(); r.New != 0 || r.Waiting != 6 {
		t.Errorf("the same day: %+v", r)
	}
	x.c.Clock = day{today + 1, 1}
	if r := x.collect(); r.New != 4 || r.Waiting != 2 {
		t.Errorf("the next day: %+v", r)
	}
}

// TestResume: a large message comes over many broken lines, with few octets twice, if the provider
// can send parts; else it is left for another time.
func TestResume(t *testing.T) {
	x := newPlace(t, 0)
	x.p.messages = []*letter{newLetter(0, 900_000), newLetter(1, 500)}
	x.p.breaks, x.p.stable = 20_000, true
	letters := texts(x.p)
	if r := x.collect(); r.New != 2 || x.p.sent > 905_000 {
		t.Errorf("%+v, %d octets sent", r, x.p.sent)
	}
	if err := once(here(t, x.k.s, letters), letters); err != nil {
		t.Error(err)
	}
	y := newPlace(t, 0)
	y.p.messages, y.p.breaks = x.p.messages, 20_000
	if r, err := y.c.Collect(context.Background(), y.a, false); session.As(err).Kind != session.Network || r.New != 1 {
		t.Errorf("without parts: %+v, %v", r, err)
	}
}

// TestDryRun changes nothing.
func TestDryRun(t *testing.T) {
	x := newPlace(t, 6)
	x.a.After = config.FromNow
	r, err := x.c.Collect(context.Background(), x.a, true)
	if err != nil || r.New != 6 || r.Octets == 0 || x.k.Count(x.a.Number()) != 0 || len(x.p.messages) != 6 {
		t.Errorf("%+v, %v, %d ids, %d at the provider", r, err, x.k.Count(x.a.Number()), len(x.p.messages))
	}
}
