package appliance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/statedir"
)

// fileBox starts a box with a configuration file, as the program does.
func fileBox(t *testing.T, state, extra string) (b *box, file string, write func(extra string)) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "pillarbox.toml")
	write = func(extra string) {
		t.Helper()
		text := `
state = "` + state + `"
hostname = "nas.home.arpa"
pop3 = {listen = ["127.0.0.1:0"], listen_tls = ["127.0.0.1:0"]}
smtp = {listen = ["127.0.0.1:0"], listen_tls = ["127.0.0.1:0"], max_message = "4MiB"}
spool = {slot = "1MiB", capacity = "32MiB", volatile = true}
` + extra
		if err := durable.Replace(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write(extra)
	c, err := config.Find(file, config.Machine())
	if err != nil {
		t.Fatal(err)
	}
	return start(t, c, Options{Reread: func() (*config.Config, error) { return config.Find(file, config.Machine()) }}), file, write
}

// TestAccountsAreNoticed: a new account can log in without a word to the box, and a session that is
// in goes on.
func TestAccountsAreNoticed(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b, _, _ := fileBox(t, state, "")
	in := b.login("pop3.listen", "anna")
	family(t, state, "otto")
	b.await("reloaded", 1)
	b.login("pop3.listen", "otto").must("STAT", "QUIT")
	b.deliver("smtp.listen", letter("hi\r\n"), "otto")
	_, err := accounts.Edit(filepath.Join(state, statedir.AccountsFile), func(t *accounts.Table) (*accounts.Table, error) { return t.Remove("otto") })
	if err != nil {
		t.Fatal(err)
	}
	b.await("reloaded", 2)
	p := b.dial("pop3.listen")
	p.must("USER otto")
	if got := p.say("PASS otto"); !strings.HasPrefix(got, "-ERR [AUTH]") {
		t.Errorf("a removed account was answered %q", got)
	}
	in.must("NOOP", "QUIT")
}

func TestConfigurationIsNoticed(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b, _, write := fileBox(t, state, "")
	old := b.dial("smtp.listen")
	old.must("EHLO x", "MAIL FROM:<root>")
	write("[aliases]\nfamily = [\"anna\"]\nlost = [\"nobody\"]\n")
	b.await("reloaded", 1)
	b.deliver("smtp.listen", letter("by alias\r\n"), "family@home.arpa")
	old.must("RCPT TO:<family>", "QUIT") // the session goes on, and asks the rules of its moment
	if got := b.log.FilterMessage("alias has no mailbox: mail for it is refused").Len(); got != 1 {
		t.Errorf("%d warnings of aliases", got)
	}

	write("[aliases]\nfamily = [\n")
	b.await("reload failed: the previous settings stay in force", 1)
	b.deliver("smtp.listen", letter("still by alias\r\n"), "family@home.arpa")

	write("[pop3]\n") // defined twice
	b.await("reload failed: the previous settings stay in force", 2)
	write("")
	b.await("reloaded", 2)
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<root>")
	if got := s.say("RCPT TO:<family>"); !strings.HasPrefix(got, "550 5.1.1") {
		t.Errorf("an alias that is gone was answered %q", got)
	}
}

// TestAConfigurationThatComesLaterIsNoticed: a box that was started without one is given one.
func TestAConfigurationThatComesLaterIsNoticed(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	file := filepath.Join(t.TempDir(), "pillarbox.toml")
	later := settings(state)
	later.File, later.Aliases = file, map[string][]string{"family": {"anna"}}
	b := start(t, settings(state), Options{Awaited: file, Reread: func() (*config.Config, error) { return later, nil }})
	if err := durable.Replace(file, nil); err != nil {
		t.Fatal(err)
	}
	b.await("reloaded", 1)
	b.deliver("smtp.listen", letter("by alias\r\n"), "family")
}

// TestBadAccountsLeaveTheOldInForce: while the rest of the reload goes on.
func TestBadAccountsLeaveTheOldInForce(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b, _, write := fileBox(t, state, "")
	path := filepath.Join(state, statedir.AccountsFile)
	if err := durable.Replace(filepath.Join(state, statedir.AccountsFile), []byte("half a li")); err != nil {
		t.Fatal(err)
	}
	b.await("reload failed: the previous settings stay in force", 1)
	b.login("pop3.listen", "anna").must("QUIT")
	write("[aliases]\nfamily = [\"anna\"]\n")
	b.await("reload failed: the previous settings stay in force", 2)
	b.deliver("smtp.listen", letter("the alias is new\r\n"), "family")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	b.await("reload failed: the previous settings stay in force", 3)
	b.login("pop3.listen", "anna").must("QUIT")
}

func TestRestartIsAskedFor(t *testing.T) {
	state := t.TempDir()
	b := start(t, settings(state), Options{})
	changed := settings(filepath.Join(state, "elsewhere"))
	changed.POP3.Listen = []string{":1110"}
	changed.Spool.Capacity *= 2
	changed.SMTP.MaxMessage *= 2
	b.opts.Reread = func() (*config.Config, error) { return changed, nil }
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range b.log.FilterMessage("this change needs a restart").All() {
		keys = append(keys, e.Context[0].String)
	}
	want := "state, pop3.listen, spool, smtp.max_message above its value at the start"
	if got := strings.Join(keys, ", "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Stat(changed.State); !errors.Is(err, os.ErrNotExist) {
		t.Error("the new state folder was made")
	}
	b.dial("pop3.listen").must("QUIT")
}

// TestChangesAreFoundWithoutNotices: a file system that tells of no changes delays them by a
// minute.
func TestChangesAreFoundWithoutNotices(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		a, err := New(t.Context(), settings(state), Options{Log: zap.New(core), Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go a.watch(ctx, nil, a.newRetainer(), a.newInspector())
		time.Sleep(lookEvery / 2)
		family(t, state, "otto")
		for _, want := range []int{0, 1, 1} {
			if got := logs.FilterMessage("reloaded").Len(); got != want {
				t.Errorf("%d reloads, want %d", got, want)
			}
			time.Sleep(lookEvery)
		}
	})
}

// TestAChangeInTheMiddleOfAReloadIsNoticed: a file that changes again after it was read is read
// again.
func TestAChangeInTheMiddleOfAReloadIsNoticed(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	file := filepath.Join(t.TempDir(), "pillarbox.toml")
	write := func(text string) {
		if err := durable.Replace(file, []byte(text)); err != nil {
			t.Error(err)
		}
	}
	write("first")
	reads := 0
	reread := func() (*config.Config, error) {
		c := settings(state)
		text, err := os.ReadFile(file)
		c.File, c.Log.Level = file, string(text)
		if reads++; reads == 1 {
			write("third")
		}
		return c, err
	}
	synctest.Test(t, func(t *testing.T) {
		boot := settings(state)
		boot.File = file
		a, err := New(t.Context(), boot, Options{Reread: reread, Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go a.watch(ctx, nil, a.newRetainer(), a.newInspector())
		time.Sleep(lookEvery / 2)
		write("second")
		time.Sleep(3 * lookEvery)
		if got := a.rules.Load().config.Log.Level; got != "third" || reads != 2 {
			t.Errorf("the %s is in force after %d reads", got, reads)
		}
	})
}

// TestOwnCertificateIsNoticed: the user's certificate is swapped under running listeners, and a bad
// one is not.
func TestOwnCertificateIsNoticed(t *testing.T) {
	donor := start(t, settings(t.TempDir()), Options{})
	own := t.TempDir()
	bring := func(file, from string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(donor.state, statedir.CertsFolder, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := durable.Replace(filepath.Join(own, file), text); err != nil {
			t.Fatal(err)
		}
	}
	bring("my.crt", "ca.crt")
	bring("my.key", "ca.key")
	b, _, _ := fileBox(t, t.TempDir(), "[tls]\ncert = \""+own+"/my.crt\"\nkey = \""+own+"/my.key\"\n")
	before := b.cert.Fingerprint()
	bring("my.crt", "box.crt") // the key is the other one's still
	b.await("reload failed: the previous settings stay in force", 1)
	if b.cert.Fingerprint() != before {
		t.Error("half a change was put in force")
	}
	bring("my.key", "box.key")
	b.await("reloaded", 1)
	if b.cert.Fingerprint() != donor.cert.Fingerprint() {
		t.Error("the new certificate is not shown")
	}
}

// TestReloadErrorsAreReadable: a mistake is one line, with the file, the line and what is possible.
func TestReloadErrorsAreReadable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pillarbox.toml")
	if err := os.WriteFile(file, []byte("[pop3]\nlistn = [\":110\"]\n\n[watchdog]\ndevice = \"softdog\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, settings(t.TempDir()), Options{Reread: func() (*config.Config, error) {
		c, err := config.Find(file, config.Machine())
		if err != nil {
			err = fmt.Errorf("the configuration cannot be used:\n%w", err) // as the program has it
		}
		return c, err
	}})
	if err := b.Reload(); err == nil {
		t.Fatal("the reload succeeded")
	}
	var got []string
	for _, line := range b.log.FilterMessage("reload failed: the previous settings stay in force").All() {
		fields := line.ContextMap()
		got = append(got, fmt.Sprintf("%v:%v: %v", fields["file"], fields["line"], fields["error"]))
	}
	want := []string{
		file + `:2: unknown key "pop3.listn"; did you mean "pop3.listen"?`,
		file + `:5: watchdog.device: "softdog" is not one of none, auto, systemd, procd or a device, as "/dev/watchdog0"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
