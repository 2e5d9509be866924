package logging

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
)

// TestLimit: how many lines of a flood are written, and the sums that follow after the minute.
func TestLimit(t *testing.T) {
	bad := errors.New("zero octet in a command")
	tests := []struct {
		name  string
		level *Level
		flood func(log *zap.Logger)
		lines int
		sums  []string // without their time
	}{
		{"sessions of a client that was served", new(Level), func(log *zap.Logger) {
			for range 1000 {
				log.Info("session ended", zap.String("remote", "10.0.0.1"))
			}
		}, limitServed, []string{`info  log lines left out event="session ended" lines=970 remote=10.0.0.1`}},
		{"refusals of one client", new(Level), func(log *zap.Logger) {
			for range 1000 {
				log.With(zap.String("remote", "10.0.0.1")).Info("recipient refused", zap.NamedError("error", bad))
			}
		}, limitRefused, []string{`warn  log lines left out event="recipient refused" lines=990 remote=10.0.0.1`}},
		{"events of all kinds from one client", new(Level), func(log *zap.Logger) {
			for range 1000 {
				for _, event := range []string{"delivery committed", "session ended", "login failed", "sender refused"} {
					log.Info(event, zap.String("remote", "10.0.0.1"), zap.Int64("size", 10))
				}
			}
		}, limitServed + limitRefused, []string{
			`info  log lines left out event="delivery committed" lines=985 size=9850 remote=10.0.0.1`,
			`info  log lines left out event="session ended" lines=985 size=9850 remote=10.0.0.1`,
			`warn  log lines left out event="login failed" lines=995 size=9950 remote=10.0.0.1`,
			`warn  log lines left out event="sender refused" lines=995 size=9950 remote=10.0.0.1`,
		}},
		{"many clients", new(Level), func(log *zap.Logger) {
			for n := range 5000 {
				log.Info("session ended without login", zap.String("remote", fmt.Sprintf("10.1.%d.%d", n>>8, n&255)))
			}
		}, limitStrangers, []string{`warn  log lines left out event="session ended without login" lines=4940 remote=several`}},
		{"a local client", new(Level), func(log *zap.Logger) {
			for range 1000 {
				log.Info("login failed", zap.String("remote", "local"))
			}
		}, limitRefused, []string{`warn  log lines left out event="login failed" lines=990 remote=local`}},
		{"errors that a client causes", new(Level), func(log *zap.Logger) {
			for range 1000 {
				log.Error("message refused", zap.String("remote", "10.0.0.1"), zap.Error(bad))
			}
		}, limitRefused, []string{`warn  log lines left out event="message refused" lines=990 remote=10.0.0.1`}},
		{"an event that names no client", new(Level), func(log *zap.Logger) {
			for range 100 {
				log.Warn("bin gave way", zap.Error(bad))
			}
		}, limitEvent, []string{`warn  log lines left out event="bin gave way" lines=40`}},
		{"debug", debug(), func(log *zap.Logger) {
			for range 1000 {
				log.Info("login failed", zap.String("remote", "10.0.0.1"))
			}
		}, 1000, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out text
				log := New(Plain{&out}, tt.level, access.NewTable())
				tt.flood(log)
				if got := strings.Count(out.String(), "\n"); got != tt.lines {
					t.Errorf("%d lines, want %d", got, tt.lines)
				}
				out.Reset()
				time.Sleep(window) // nothing is logged meanwhile
				synctest.Wait()
				var want strings.Builder
				for _, sum := range tt.sums {
					fmt.Fprintf(&want, "%s %s\n", time.Now().UTC().Format(time.RFC3339), sum)
				}
				if out.String() != want.String() {
					t.Errorf("got sums\n%swant\n%s", out.String(), want.String())
				}
				out.Reset()
				log.Info("ready")
				log.Sync()
				if got := strings.Count(out.String(), "\n"); got != 1 {
					t.Errorf("afterwards %q", out.String())
				}
			})
		})
	}
}

// A text holds what was written. The timer of the sums writes as well.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func (t *text) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Reset()
}

// A clocked notes when each line was written.
type clocked []time.Time

func (c *clocked) Write(p []byte) (int, error) {
	*c = append(*c, time.Now())
	return len(p), nil
}

// TestAnyMinute: a client that goes on for minutes causes at most 100 lines in any 60 s, sums
// included.
func TestAnyMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines clocked
		log := New(Plain{&lines}, new(Level), access.NewTable())
		log.Info("ready")
		time.Sleep(window - time.Second)
		for range 200 {
			for range 100 {
				for _, event := range []string{"delivery committed", "session ended", "login failed", "recipient refused"} {
					log.Info(event, zap.String("remote", "10.0.0.1"))
				}
			}
			time.Sleep(time.Second)
		}
		for i, from := range lines {
			n := 0
			for _, at := range lines[i:] {
				if at.Sub(from) < time.Minute {
					n++
				}
			}
			if n > 100 {
				t.Fatalf("%d lines within 60 s", n)
			}
		}
		if len(lines) < 4*(limitServed+limitRefused) {
			t.Errorf("only %d lines", len(lines))
		}
	})
}

// TestSumBeforeTheNextLine: the sum of a minute comes before the first line of the next one, also
// when no time was left for it to come by itself, and Sync writes what is still missing.
func TestSumBeforeTheNextLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out text
		log := New(Plain{&out}, new(Level), access.NewTable())
		flood := func() {
			for range limitRefused + 5 {
				log.Info("login failed", zap.String("remote", "10.0.0.1"))
			}
			out.Reset()
		}
		flood()
		log.Sync()
		if got := out.String(); !strings.HasSuffix(got, `event="login failed" lines=5 remote=10.0.0.1`+"\n") {
			t.Errorf("Sync wrote %q", got)
		}
		time.Sleep(2 * window)
		flood()
		time.Sleep(window)
		log.Info("ready")
		got := strings.Split(out.String(), "\n")
		if len(got) != 3 || !strings.Contains(got[0], "lines=5") || !strings.Contains(got[1], "ready") {
			t.Errorf("got %q", got)
		}
	})
}

// TestKnownClient: a flood of strangers leaves the lines about a client that an account has logged
// in from alone.
func TestKnownClient(t *testing.T) {
	var out strings.Builder
	clients := access.NewTable()
	const known = "10.9.9.9"
	logInFrom(t, clients, known)
	log := New(Plain{&out}, new(Level), clients)
	for n := range 5000 {
		log.Info("login failed", zap.String("remote", fmt.Sprintf("10.1.%d.%d", n>>8, n&255)))
	}
	log.Info("login failed", zap.String("remote", known))
	if !strings.Contains(out.String(), "remote="+known) {
		t.Error("the line about the known client is missing")
	}
}

// logInFrom makes a client known.
func logInFrom(t *testing.T, clients *access.Table, address string) {
	t.Helper()
	table, err := accounts.Parse("accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = table.Add("anna", "long password"); err != nil {
		t.Fatal(err)
	}
	rules := access.Rules{Accounts: table, Routing: accounts.NewRouting(table, "nas.home.arpa", []string{"home.arpa"}, nil)}
	logins := access.NewLogins(clients, func() access.Rules { return rules }, make([]byte, access.SecretSize))
	_, err = logins.Check(t.Context(), access.Credentials{Client: clientNamed(address), User: "anna", Password: "long password"})
	if err != nil {
		t.Fatal(err)
	}
}

// TestManyEvents: the memory for events is bounded, and what comes after is counted as one.
func TestManyEvents(t *testing.T) {
	l := limit{clients: access.NewTable()}
	for n := range 1000 {
		l.pass(fmt.Sprint("event ", n), "", nil, time.Now())
	}
	last := l.events[len(l.events)-1]
	if len(l.events) != maxEvents || last.message != "other events" || last.passed != limitEvent || last.left != 1000-maxEvents+1-limitEvent {
		t.Errorf("%d events, the last: %+v", len(l.events), last)
	}
}
