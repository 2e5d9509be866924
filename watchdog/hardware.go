package watchdog

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of the timeout that is asked of a device. Shorter ones reset healthy boards under load; a longer one is no help.
const (
	LeastTimeout = 5 * time.Second
	MostTimeout  = 2 * time.Minute
)

// Bits of the options and of the boot status (linux/watchdog.h).
const (
	overheat     = 0x0001
	fanFault     = 0x0002
	external1    = 0x0004
	external2    = 0x0008
	powerUnder   = 0x0010
	cardReset    = 0x0020
	powerOver    = 0x0040
	canSet       = 0x0080 // SETTIMEOUT
	canMagic     = 0x0100 // MAGICCLOSE
	canPretime   = 0x0200 // PRETIMEOUT
	disableCard  = 0x0001 // WDIOS_DISABLECARD
	magic        = "V"
	sysfsFolder  = "sys/class/watchdog"
	devFolder    = "dev"
	devicePrefix = "watchdog"
)

// A Status is what the kernel says of a device without opening it, which would arm it. What it does not say is zero.
type Status struct {
	Path       string // "/dev/watchdog0"
	Identity   string
	Running    bool // it counts already: the boot loader, or a run before this one, has armed it
	NoWayOut   bool // once armed it cannot be disarmed
	BootStatus int
	Timeout    time.Duration
	Least      time.Duration // of the timeout
	Most       time.Duration
}

// Devices returns what watchdogs the machine has, by their sysfs folders. root is "/" but in tests.
func Devices(root string) (found []Status) {
	folders, _ := filepath.Glob(filepath.Join(root, sysfsFolder, devicePrefix+"*"))
	slices.Sort(folders)
	for _, folder := range folders {
		s := Status{
			Path:       filepath.Join(root, devFolder, filepath.Base(folder)),
			Identity:   attribute(folder, "identity"),
			Running:    attribute(folder, "state") == "active",
			NoWayOut:   attribute(folder, "nowayout") == "1",
			BootStatus: number(folder, "bootstatus"),
			Timeout:    time.Duration(number(folder, "timeout")) * time.Second,
			Least:      time.Duration(number(folder, "min_timeout")) * time.Second,
			Most:       time.Duration(number(folder, "max_timeout")) * time.Second,
		}
		found = append(found, s)
	}
	return found
}

// attribute reads one of the files of a device.
func attribute(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func number(folder, name string) int {
	n, _ := strconv.ParseInt(attribute(folder, name), 0, 64)
	return int(n)
}

// StatusOf returns the status of the device at path; what is not known of it is zero. /dev/watchdog is the first one.
func StatusOf(root, path string) Status {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if filepath.Base(path) == devicePrefix {
		path += "0"
	}
	for _, s := range Devices(root) {
		if filepath.Base(s.Path) == filepath.Base(path) {
			return s
		}
	}
	return Status{Path: path}
}

// WasReset says whether the boot status tells of a reset by the watchdog.
func (s Status) WasReset() bool { return s.BootStatus&cardReset != 0 }

// bootWords are the words of the bits of a boot status.
var bootWords = []struct {
	bit  int
	word string
}{
	{cardReset, "reset by the watchdog"}, {overheat, "overheated"}, {fanFault, "a fan failed"}, {powerUnder, "too little power"}, {powerOver, "too much power"},
	{external1, "reset by another device"}, {external2, "reset by another device (2)"},
}

// BootWords says why the machine has booted, as the device knows it; "": it does not, or it was switched on.
func (s Status) BootWords() string {
	var words []string
	for _, w := range bootWords {
		if s.BootStatus&w.bit != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ", ")
}

// clamp returns the timeout to ask for: whole seconds within our bounds and the device's.
func (s Status) clamp(want time.Duration) time.Duration {
	want = min(max(want, LeastTimeout), MostTimeout)
	if s.Most > 0 {
		want = min(want, s.Most)
	}
	return max(want, s.Least).Truncate(time.Second)
}

// calls are what a Hardware asks of the kernel; tests answer in its place.
type calls interface {
	Support() (options uint32, identity string, err error)
	BootStatus() (int, error)
	SetTimeout(seconds int) (int, error)
	Timeout() (int, error)
	SetPretimeout(seconds int) error
	KeepAlive() error
	Disable() error
	Write(p []byte) (int, error)
	Close() error
}

// A Hardware is a device of the kernel (/dev/watchdogN).
type Hardware struct {
	Status   Status
	Pretime  time.Duration // before the reset the kernel notes it; 0: it does not
	calls    calls
	options  uint32
	timeout  time.Duration
	disarmed bool
}

// Arm opens the device at path, which arms it, and sets its timeout, once: some devices do not take a second one well. ErrBusy: another
// program has it.
func Arm(path string, want time.Duration) (*Hardware, error) {
	status := StatusOf("/", path)
	status.Path = path
	c, err := openCalls(path)
	if err != nil {
		return nil, err
	}
	h := &Hardware{Status: status, calls: c}
	if err := h.set(want); err != nil {
		return nil, errors.Join(err, h.Disarm())
	}
	return h, nil
}

// set asks what the device can, sets its timeout and reads it back.
func (h *Hardware) set(want time.Duration) error {
	options, identity, err := h.calls.Support()
	if err != nil {
		return err
	}
	h.options, h.Status.Identity = options, identity
	if boot, err := h.calls.BootStatus(); err == nil { // read in any case: that a device knows it is in no option
		h.Status.BootStatus |= boot
	}
	if options&canSet != 0 {
		if _, err := h.calls.SetTimeout(int(h.Status.clamp(want) / time.Second)); err != nil {
			return err
		}
	}
	seconds, err := h.calls.Timeout()
	if err != nil && h.Status.Timeout > 0 {
		seconds, err = int(h.Status.Timeout/time.Second), nil
	}
	if err == nil && seconds <= 0 {
		err = errors.New("the watchdog does not say its timeout")
	}
	if err != nil {
		return err
	}
	h.timeout = time.Duration(seconds) * time.Second
	if before := h.timeout / 6; options&canPretime != 0 && before >= time.Second {
		if h.calls.SetPretimeout(int(before/time.Second)) == nil {
			h.Pretime = before.Truncate(time.Second)
		}
	}
	return nil
}

// Feed starts the timeout anew.
func (h *Hardware) Feed() error { return h.calls.KeepAlive() }

// Timeout is what the device has answered.
func (h *Hardware) Timeout() time.Duration { return h.timeout }

// ErrNoWayOut: the device cannot be disarmed. Whoever ends now has the machine reset unless another program feeds it in time.
var ErrNoWayOut = errors.New("this watchdog cannot be disarmed (nowayout): the machine is reset unless it is fed again in time")

// Disarm stops the device and closes it: by the magic word, where it knows it. Where it cannot be stopped it is fed once more, for
// the longest time until the next program comes. A second Disarm does nothing.
func (h *Hardware) Disarm() error {
	if h.disarmed {
		return nil
	}
	h.disarmed = true
	if h.Status.NoWayOut {
		return errors.Join(ErrNoWayOut, h.calls.KeepAlive(), h.calls.Close())
	}
	var err error
	if h.options&canMagic != 0 {
		_, err = h.calls.Write([]byte(magic))
	} else {
		err = h.calls.Disable()
	}
	return errors.Join(err, h.calls.Close())
}
