package remote

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
)

// An interrupted Store keeps a part of the ids, as a power cut between two flushes leaves them.
type interrupted struct{ kept }

func (s interrupted) Note(account uint64, ids []Noted) error {
	if err := s.kept.Note(account, ids[:10]); err != nil {
		return err
	}
	return session.Errorf(session.Full, "the power has gone")
}

// TestSinceInterrupted: what was before since stays there, also if the power goes while it is
// noted.
func TestSinceInterrupted(t *testing.T) {
	x := newPlace(t, 30)
	x.a.Since = config.FromNow
	x.c.Store = interrupted{x.k}
	if _, err := x.c.Collect(context.Background(), x.a, false); err == nil || x.k.Count(x.a.Number()) != 10 {
		t.Fatalf("%v, %d ids", err, x.k.Count(x.a.Number()))
	}
	x.c.Store = x.k
	if r := x.collect(); r.New != 0 || r.Skipped != 20 {
		t.Errorf("%+v, want 20 skipped", r)
	}
	x.p.messages = append(x.p.messages, newLetter(30, 400))
	if r := x.collect(); r.New != 1 {
		t.Errorf("with one more: %+v", r)
	}
}

// onDay is noon of a day.
func onDay(n int) time.Time { return time.Unix(int64(n)*86400+43200, 0).UTC() }

// TestSinceRenumbered: what since left out stays at the provider when it has new names, and what
// came after the account was set up is fetched, however long ago that is.
func TestSinceRenumbered(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		since                config.Span
		messages, came       int // came: the day as listed; 0: the header says it
		now                  day
		known, skipped, more int
	}{
		{"long before", config.FromNow, 30, today - 9, day{today + 60, 1}, 0, 30, 3},
		{"on the day", config.FromNow, 30, today, day{today + 60, 1}, 30, 0, 3},
		{"the day before", config.FromNow, 30, today - 1, day{today + 60, 1}, 30, 0, 3},
		{"before 30 days", 30, 30, today - 40, day{today + 60, 1}, 0, 30, 3},
		{"no day", config.FromNow, mostSummed + 30, 0, day{today + 60, 1}, mostSummed, 30, 3},
		{"the clock is not believed", config.FromNow, 30, today - 9, day{today + 60, 0}, 0, 0, 33},
		{"the clock was ahead", config.FromNow, 30, today - 9, day{today - 1, 1}, 0, 0, 33},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newPlace(t, tt.messages)
			x.a.Since = tt.since
			for _, m := range x.p.messages {
				m.content = strings.Replace(m.content, "Nov 2026", "Nov 2020", 1)
				if tt.came != 0 {
					m.came = onDay(tt.came)
				}
			}
			if r := x.collect(); r.New != 0 || r.Skipped != tt.messages {
				t.Fatalf("%+v", r)
			}
			for i, m := range x.p.messages {
				m.uid = fmt.Sprintf("new-%d", i)
			}
			listed, traced, undated := newLetter(900, 400), newLetter(901, 400), newLetter(902, 400)
			listed.came = onDay(today)
			traced.content = "Received: from a; b\r\n\tby c; Mon, 30 Nov 2026\r\n 12:00:00 +0000 (UTC)\r\n" + strings.Replace(traced.content, "Nov 2026", "Nov 1990", 1)
			undated.content = "Message-ID: <902@example.org>\r\n\r\ntext\r\n"
			x.p.messages = append(x.p.messages, listed, traced, undated)
			x.c.Clock = tt.now
			if r := x.collect(); r.Known != tt.known || r.Skipped != tt.skipped || r.New != tt.more {
				t.Errorf("%+v, want %d known, %d skipped, %d new", r, tt.known, tt.skipped, tt.more)
			}
			if r := x.collect(); r.New+r.Known+r.Skipped != 0 {
				t.Errorf("again: %+v", r)
			}
		})
	}
}

// TestSinceOtherNames: another protocol and another kind of names bring nothing of what was before
// since, also a long time after the one before was used.
func TestSinceOtherNames(t *testing.T) {
	x := newPlace(t, 5)
	x.a.Since = config.FromNow
	for _, m := range x.p.messages {
		m.came = onDay(today - 9)
	}
	x.collect()
	for i, kind := range []struct {
		fetch config.Protocol
		word  string
	}{{config.FetchIMAP, "imap"}, {config.FetchIMAP, "gmail"}, {config.FetchPOP3, "pop3"}} {
		x.a.Fetch, x.p.word = kind.fetch, kind.word
		for later := range 3 {
			x.c.Clock = day{today + 30*i + 10*later, 1}
			if r := x.collect(); r.New != 0 {
				t.Errorf("%s %s: %+v", kind.fetch, kind.word, r)
			}
		}
	}
}

// A former Store has fingerprints that were made before their last bit had a meaning.
type former struct{ kept }

func set(sum fingerprint.Sum) fingerprint.Sum {
	sum[len(sum)-1] |= 1
	return sum
}

func (s former) Fingerprints(ctx context.Context, account uint64, each func(ID, fingerprint.Sum, int)) error {
	return s.kept.Fingerprints(ctx, account, func(id ID, sum fingerprint.Sum, day int) { each(id, set(sum), day) })
}

func (s former) Durable(ctx context.Context, a *Account, most int, wanted func(ID, fingerprint.Sum, int) bool) (map[ID][]fingerprint.Sum, error) {
	safe, err := s.kept.Durable(ctx, a, most, wanted)
	for _, sums := range safe {
		for i := range sums {
			sums[i] = set(sums[i])
		}
	}
	return safe, err
}

// TestFormerFingerprints: messages are recognized and deleted by fingerprints of either kind.
func TestFormerFingerprints(t *testing.T) {
	x := newPlace(t, 30)
	x.c.Store = former{x.k}
	x.collect()
	for i, m := range x.p.messages {
		m.uid = fmt.Sprintf("new-%d", i)
	}
	if r := x.collect(); r.Known != 30 || r.New != 0 {
		t.Errorf("%+v, want 30 known", r)
	}
	y := newPlace(t, 5)
	y.c.Store = former{y.k}
	y.collect()
	y.a.After = config.FromNow
	if r := y.collect(); r.Deleted != 5 || r.New != 0 {
		t.Errorf("%+v, want 5 deleted", r)
	}
}
