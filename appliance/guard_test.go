package appliance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/guard"
	"pillarbox/appliance/statedir"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

const dogTime = time.Minute

// A kennel is the part of a box that a watchdog looks at, in a bubble of time: a spool on a device
// that can be made to hang or to fail, and the feeder.
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
	k.Appliance = &Appliance{log: zap.NewNop(), state: t.TempDir(), boot: c, spool: s, started: time.Now()}
	k.opts.Clock = clock.Machine()
	k.guard = guard.Open(c, guard.Options{
		State: k.state, Root: t.TempDir(), Now: k.now, LookEvery: lookEvery,
		Exit: func(int) { k.exited.Add(1) }, Device: k.dog, Log: zap.NewNop(),
	})
	k.guard.Arm(c)
	k.guard.Prepare(c, k.checks)
	ctx, cancel := context.WithCancel(t.Context())
	k.stop = cancel
	go func() {
		defer close(k.fed)
		k.guard.Feed(ctx, k.ended)
	}()
	go func() { // stands for the loop that watches
		for ctx.Err() == nil {
			k.guard.Rounds.Renew()
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
	text, err := os.ReadFile(filepath.Join(k.state, statedir.RecordFile))
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

// TestNotFed: a writer or a reader that hangs has the program ended, its reason kept before, and
// the device fire after that.
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
