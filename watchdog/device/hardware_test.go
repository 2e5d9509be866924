package device

import (
	"errors"
	"syscall"
	"testing"
	"time"
)

// A board implements kernel as the driver i6300esb was observed to behave.
type board struct {
	options    uint32
	boot       int
	timeout    int
	most       int
	accepts    func(seconds int) int // the timeout that is set; nil for the one given
	noTimeout  bool
	fails      error // the error of Support
	pretimeout int
	sets       int
	feeds      int
	written    string
	disabled   bool
	closed     bool
}

func (b *board) Support() (uint32, string, error) {
	if b.fails != nil {
		return 0, "", b.fails
	}
	return b.options, "fake", nil
}
func (b *board) BootStatus() (int, error) { return b.boot, nil }
func (b *board) SetTimeout(s int) (int, error) {
	b.sets++
	if b.most > 0 && s > b.most {
		return 0, syscall.EINVAL
	}
	if b.accepts != nil {
		s = b.accepts(s)
	}
	b.timeout = s
	return s, nil
}
func (b *board) Timeout() (int, error) {
	if b.noTimeout {
		return 0, syscall.EOPNOTSUPP
	}
	return b.timeout, nil
}
func (b *board) SetPretimeout(s int) error { b.pretimeout = s; return nil }
func (b *board) KeepAlive() error          { b.feeds++; return nil }
func (b *board) Disable() error            { b.disabled = true; return nil }
func (b *board) Write(p []byte) (int, error) {
	b.written += string(p)
	return len(p), nil
}
func (b *board) Close() error { b.closed = true; return nil }

const usualOptions = canSetTimeout | canMagicClose | 0x8000

func TestHardware(t *testing.T) {
	for _, row := range []struct {
		name    string
		status  Status
		board   board
		want    time.Duration // asked for
		timeout time.Duration // that holds
		sets    int
		pretime int
		closing string // "magic", "disable" or "nowayout"
	}{
		{"as asked for", Status{}, board{options: usualOptions, timeout: 30},
			time.Minute, time.Minute, 1, 0, "magic"},
		{"not below ours", Status{}, board{options: usualOptions, timeout: 30},
			time.Second, 5 * time.Second, 1, 0, "magic"},
		{"not above ours", Status{}, board{options: usualOptions, timeout: 30},
			time.Hour, 2 * time.Minute, 1, 0, "magic"},
		{"not above the device's", Status{Most: 16 * time.Second},
			board{options: usualOptions, timeout: 10, most: 16},
			time.Minute, 16 * time.Second, 1, 0, "magic"},
		{"not below the device's", Status{Least: 20 * time.Second},
			board{options: usualOptions, timeout: 30},
			10 * time.Second, 20 * time.Second, 1, 0, "magic"},
		{"as the driver rounds it", Status{},
			board{options: usualOptions, timeout: 30, accepts: func(int) int { return 32 }},
			time.Minute, 32 * time.Second, 1, 0, "magic"},
		{"cannot be set", Status{}, board{options: canMagicClose, timeout: 30},
			time.Minute, 30 * time.Second, 0, 0, "magic"},
		{"does not report its timeout", Status{Timeout: 30 * time.Second},
			board{options: canMagicClose, noTimeout: true},
			time.Minute, 30 * time.Second, 0, 0, "magic"},
		{"logs before the reset", Status{}, board{options: usualOptions | canPretimeout, timeout: 30},
			time.Minute, time.Minute, 1, 10, "magic"},
		{"no magic", Status{}, board{options: canSetTimeout, timeout: 30},
			time.Minute, time.Minute, 1, 0, "disable"},
		{"no way out", Status{NoWayOut: true}, board{options: usualOptions, timeout: 30},
			time.Minute, time.Minute, 1, 0, "nowayout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := row.board
			h := &Hardware{Status: row.status, kernel: &b}
			if err := h.configure(row.want); err != nil {
				t.Fatal(err)
			}
			if h.Timeout() != row.timeout || b.sets != row.sets || b.pretimeout != row.pretime {
				t.Errorf("timeout %v, set %d times, pretimeout %d", h.Timeout(), b.sets, b.pretimeout)
			}
			h.Feed()
			err := h.Disarm()
			switch row.closing {
			case "nowayout":
				if !errors.Is(err, ErrNoWayOut) || b.feeds != 2 || b.written != "V" {
					t.Errorf("disarmed: %v, %d feeds, %q written", err, b.feeds, b.written)
				}
			case "magic":
				if err != nil || b.written != "V" || b.disabled {
					t.Errorf("disarmed: %v, %q written, disabled %v", err, b.written, b.disabled)
				}
			case "disable":
				if err != nil || b.written != "V" || !b.disabled {
					t.Errorf("disarmed: %v, %q written, disabled %v", err, b.written, b.disabled)
				}
			}
			if !b.closed {
				t.Error("not closed")
			}
			if feeds := b.feeds; h.Disarm() != nil || b.feeds != feeds {
				t.Error("a second Disarm did something")
			}
		})
	}
}

// TestArmThatFails: a device whose options cannot be read is disarmed in both ways, by the magic
// character and by the ioctl. Otherwise it would reset the machine, because nothing feeds it.
func TestArmThatFails(t *testing.T) {
	b := &board{options: usualOptions, fails: syscall.EIO}
	h := &Hardware{kernel: b}
	if err := h.configure(time.Minute); !errors.Is(err, syscall.EIO) {
		t.Fatalf("set: %v", err)
	}
	if err := h.Disarm(); err != nil || b.written != "V" || !b.disabled || !b.closed {
		t.Errorf("disarmed: %v, %q written, disabled %v, closed %v", err, b.written, b.disabled, b.closed)
	}
}

// TestNoTimeout: a device that does not report its timeout is not used.
func TestNoTimeout(t *testing.T) {
	h := &Hardware{kernel: &board{options: canMagicClose, noTimeout: true}}
	if err := h.configure(time.Minute); err == nil {
		t.Error("taken")
	}
}

// TestSoftdog arms, feeds, reads back and disarms the software watchdog, on a machine that has one.
func TestSoftdog(t *testing.T) {
	for _, s := range Devices("/") {
		if s.Identity != "Software Watchdog" || s.NoWayOut || s.Running {
			continue
		}
		h, err := Arm(s.Path, 30*time.Second)
		if err != nil {
			t.Skip(err)
		}
		if h.Timeout() != 30*time.Second {
			t.Errorf("its timeout is %v", h.Timeout())
		}
		if err := h.Feed(); err != nil {
			t.Error(err)
		}
		if !StatusOf("/", s.Path).Running {
			t.Error("it does not run")
		}
		if err := h.Disarm(); err != nil {
			t.Error(err)
		}
		if StatusOf("/", s.Path).Running {
			t.Error("it still runs")
		}
		return
	}
	t.Skip("this kernel has no softdog that could be used (modprobe softdog)")
}
