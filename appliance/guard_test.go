package appliance

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

const dogTime = time.Minute

// A kennel is the part of a box that a watchdog looks at, in a bubble of time: a spool on a device that can be made to hang or to
// fail, and the feeder.
type kennel struct {
	*Appliance
	flash  *flashtest.Device
	hang   *flashtest.Hanging
	dog    *watchdogtest.Device
	exited atomic.Int32
	stop   func()
	fed    chan struct{}
	ended  chan struct{}
}

func newKennel(t *testing.T) *kennel {
	t.Helper()
	k := &kennel{flash: flashtest.New(flashtest.Options{}), dog: watchdogtest.New(dogTime), fed: make(chan struct{}), ended: make(chan struct{})}
	k.hang = flashtest.Hang(k.flash)
	s, err := spool.Open(t.Context(), spool.Options{Volume: k.hang, SlotSize: 256 << 10, Capacity: 16 * 256 << 10, MaxMessage: 1 << 20, MailboxShare: 100})
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	k.Appliance = &Appliance{log: logbook.NewNop(), state: t.TempDir(), boot: c, spool: s, started: time.Now()}
	k.opts.LookEvery = lookEvery
	k.opts.Exit = func(int) { k.exited.Add(1) }
	k.opts.Clock = retention.Machine()
	k.guard.device, k.guard.name, k.guard.boot = k.dog, "test", "this"
	k.guard.feeder = k.newFeeder(c)
	ctx, cancel := context.WithCancel(t.Context())
	k.stop = cancel
	go func() {
		defer close(k.fed)
		k.feed(ctx, k.ended)
	}()
	go func() { // stands for the loop that watches
		for ctx.Err() == nil {
			k.guard.rounds.Renew()
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
			}
		}
	}()
	return k
}

// deliver keeps a mail of that size.
func (k *kennel) deliver(octets int) error {
	body := "Subject: x\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", octets/18) + ".\r\n"
	d, err := k.spool.Begin(context.Background(), spool.Envelope{}, []spool.Recipient{{Mailbox: 1}})
	if err != nil {
		return err
	}
	defer d.Abort()
	if _, err := d.Write([]byte(body)); err != nil {
		return err
	}
	return d.Commit(context.Background(), spool.Shape{Octets: int64(len(body) - 3), Header: 14})
}

// well expects that the dog was fed all the time, and ends.
func (k *kennel) well(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case <-k.dog.Fired():
		t.Error("the dog has bitten")
	default:
	}
	if k.exited.Load() != 0 {
		t.Error("the program was ended")
	}
	k.stop()
	close(k.ended)
	<-k.fed
	if err := k.spool.Close(); err != nil {
		t.Error(err)
	}
}

// unwell waits until the program is ended, and returns the reason that was kept.
func (k *kennel) unwell(t *testing.T) string {
	t.Helper()
	<-k.fed
	select {
	case <-k.dog.Fired():
		t.Error("the dog bit before the program had ended itself")
	default:
	}
	if k.exited.Load() != 1 {
		t.Error("the program was not ended")
	}
	text, err := os.ReadFile(filepath.Join(k.state, recordFile))
	if err != nil {
		t.Fatal(err)
	}
	r, err := watchdog.ParseRecord(string(text))
	if err != nil {
		t.Fatal(err)
	}
	feeds := k.dog.Feeds()
	<-k.dog.Fired()
	if k.dog.Feeds() != feeds {
		t.Error("it was fed all the same")
	}
	k.stop()
	return r.Reason
}

// TestFed: what is no reason to start again.
func TestFed(t *testing.T) {
	for _, row := range []struct {
		name string
		runs func(t *testing.T, k *kennel)
	}{
		{"a quiet box", func(t *testing.T, k *kennel) { time.Sleep(24 * time.Hour) }},
		{"a busy box", func(t *testing.T, k *kennel) {
			for range 100 {
				if err := k.deliver(2000); err != nil {
					t.Fatal(err)
				}
				time.Sleep(7 * time.Second)
			}
		}},
		{"a card that takes its time to tidy up", func(t *testing.T, k *kennel) {
			for range 10 {
				k.hang.HangWrites()
				go func() { time.Sleep(dogTime); k.hang.Release() }()
				if err := k.deliver(2000); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"a full spool", func(t *testing.T, k *kennel) {
			var err error
			for err == nil {
				err = k.deliver(200 << 10)
			}
			if !errors.Is(err, spool.ErrFull) || len(k.degraded()) == 0 {
				t.Errorf("it ended with %v, degraded %q", err, k.degraded())
			}
			time.Sleep(time.Hour)
		}},
		{"a device that takes no write", func(t *testing.T, k *kennel) {
			if err := k.deliver(2000); err != nil {
				t.Fatal(err)
			}
			k.flash.FailFrom(k.flash.Ops()+1, syscall.EIO)
			for range 20 {
				if k.deliver(2000) == nil {
					t.Error("a mail was kept")
				}
				time.Sleep(5 * time.Minute)
			}
			if !k.spool.Stats().ReadOnly || len(k.degraded()) == 0 {
				t.Errorf("degraded %q", k.degraded())
			}
			k.flash.Heal()
		}},
		{"a bad page", func(t *testing.T, k *kennel) {
			if err := k.deliver(2000); err != nil {
				t.Fatal(err)
			}
			k.flash.FailAt(k.flash.Ops()+1, syscall.EIO)
			k.deliver(2000)
			time.Sleep(time.Hour)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKennel(t)
				row.runs(t, k)
				k.well(t)
			})
		})
	}
}

// TestNotFed: a writer or a reader that hangs has the program ended, its reason kept before, and the device fire after that.
func TestNotFed(t *testing.T) {
	for _, row := range []struct {
		name   string
		wedge  func(k *kennel)
		reason string
	}{
		{"a commit that hangs", func(k *kennel) {
			k.hang.HangWrites()
			go k.deliver(2000)
		}, "commits: mail waits for the device, which takes nothing, for "},
		{"an extent that hangs", func(k *kennel) {
			k.hang.HangWrites()
			go k.deliver(600 << 10)
		}, "commits: mail waits for the device, which takes nothing, for "},
		{"a read that hangs", func(k *kennel) { k.hang.HangReads() }, "spool read: no answer for "},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKennel(t)
				if err := k.deliver(2000); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				row.wedge(k)
				began := time.Now()
				if reason := k.unwell(t); !strings.HasPrefix(reason, row.reason) {
					t.Errorf("the reason is %q", reason)
				}
				if took := time.Since(began); took > 5*dogTime {
					t.Errorf("it took %v", took)
				}
				k.hang.Release()
				synctest.Wait()
				k.spool.Close()
			})
		})
	}
}

// TestProbes: every listener of a box that runs greets its probe, which leaves no trace.
func TestProbes(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.SMTP.ListenLMTP = append(c.SMTP.ListenLMTP, "unix:"+filepath.Join(state, "lmtp"))
	b := start(t, c, Options{})
	b.await("ready", 1)
	lines := b.log.Len()
	for range 5 {
		h, err := AskHealth(c, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if !h.Well || len(h.Proofs) != 3+len(b.listeners)+1 || h.Device != "none" {
			t.Errorf("the box says %+v", h)
		}
	}
	if b.log.Len() != lines {
		t.Errorf("the log has %d lines more: %v", b.log.Len()-lines, b.log.All()[lines:])
	}
}

// TestProbesInAFullHouse: who fills the house keeps no probe out, and a probe keeps nobody out.
func TestProbesInAFullHouse(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.await("ready", 1)
	b.gate.mu.Lock()
	b.gate.bounds = bounds{sessions: 3, perPeer: 3, handshakes: 1}
	b.gate.mu.Unlock()
	for range 3 {
		b.dial("pop3.listen")
	}
	slow, err := net.Dial("tcp", b.Addr("pop3.listen_tls")) // a handshake that is never finished
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for range 5 {
		if h := b.health(t.Context()); !h.Well {
			t.Errorf("the box says %+v", h)
		}
	}
	b.gate.mu.Lock()
	total := b.gate.total
	b.gate.mu.Unlock()
	if total != 3 {
		t.Errorf("%d places are taken", total)
	}
}

// TestDeadListener: an accept loop that hangs, and one that has ended, are not well.
func TestDeadListener(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	b.await("ready", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	b.gate.mu.Lock() // every accept loop waits for it
	h := b.health(ctx)
	b.gate.mu.Unlock()
	if h.Well {
		t.Errorf("with a gate that nobody passes the box says %+v", h)
	}
	b.health(t.Context()) // takes the late answers
	if h := b.health(t.Context()); !h.Well {
		t.Errorf("after it the box says %+v", h)
	}
	b.listeners[0].Close()
	h = b.health(t.Context())
	if h.Well || h.Proofs[3].Holds || h.Proofs[3].Fault == "" {
		t.Errorf("without a listener the box says %+v", h)
	}
}

// TestReadingOnly: after too many resets nothing is armed and nothing written, and mail goes out all the same.
func TestReadingOnly(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.deliver("smtp.listen", "X-Begin: here\r\nSubject: kept\r\n\r\ntext\r\n", "anna")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	record := watchdog.Record{Boot: bootOf(), Resets: watchdog.MostResets, Reason: "commits: stand still"}
	if err := os.WriteFile(filepath.Join(state, recordFile), []byte(record.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	dog := watchdogtest.New(dogTime)
	c.Watchdog.Device = "/dev/watchdog0"
	b = start(t, c, Options{device: dog, Root: t.TempDir()})
	p := b.login("pop3.listen", "anna")
	if mail := p.retrieve(1); mail != "X-Begin: here\r\nSubject: kept\r\n\r\ntext\r\n" {
		t.Errorf("the mail is %q", mail)
	}
	p.must("DELE 1")
	if answer := p.say("QUIT"); !strings.HasPrefix(answer, "-ERR") {
		t.Errorf("a delete was answered %q", answer)
	}
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<>", "RCPT TO:<anna>")
	if answer := s.say("DATA"); answer[0] != '4' {
		t.Errorf("a mail was answered %q", answer)
	}
	if h := b.health(t.Context()); !h.Well || len(h.Degraded) == 0 || h.Last != "commits: stand still" || dog.Feeds() != 0 {
		t.Errorf("the box says %+v; %d feeds", h, dog.Feeds())
	}
}

// TestSystemd: it is told of the start, of proofs, of a reload and of the end.
func TestSystemd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expect := func(want string) {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		p := make([]byte, 1000)
		n, err := conn.Read(p)
		if got := string(p[:n]); err != nil || !strings.HasPrefix(got, want) {
			t.Fatalf("heard %q, not %q; %v", got, want, err)
		}
	}
	c := settings(t.TempDir())
	c.Watchdog.Device = "auto"
	b := start(t, c, Options{Root: t.TempDir(), Getenv: func(key string) string {
		return map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"}[key]
	}})
	expect("EXTEND_TIMEOUT_USEC=30000000\n")
	b.await("ready", 1)
	heard := map[string]bool{} // in any order
	for range 2 {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		p := make([]byte, 1000)
		n, err := conn.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		heard[string(p[:n])] = true
	}
	if !heard["READY=1\nSTATUS=serving"] || !heard["WATCHDOG=1"] {
		t.Errorf("heard %v", heard)
	}
	b.Reload()
	expect("RELOADING=1\nMONOTONIC_USEC=")
	expect("READY=1\n")
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	expect("STOPPING=1\n")
}

// TestArmed: a clean stop disarms, and the next start has nothing to tell.
func TestArmed(t *testing.T) {
	c := settings(t.TempDir())
	dog := watchdogtest.New(dogTime)
	b := start(t, c, Options{device: dog})
	b.await("ready", 1)
	h := b.health(t.Context())
	if h.Device != "test" || h.Timeout != dogTime {
		t.Errorf("the box says %+v", h)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if !dog.Disarmed() || dog.Feeds() == 0 {
		t.Errorf("disarmed %v after %d feeds", dog.Disarmed(), dog.Feeds())
	}
	if _, err := os.Stat(filepath.Join(c.State, recordFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a box that is well has a record: %v", err)
	}
}
