package device

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of the timeout that Arm sets. A shorter one resets healthy boards under load; a longer one
// is of no use.
const (
	LeastTimeout = 5 * time.Second
	MostTimeout  = 2 * time.Minute
)

const (
	sysfsFolder  = "sys/class/watchdog"
	devFolder    = "dev"
	devicePrefix = "watchdog" // of the names in both folders
)

// Bits of the boot status (linux/watchdog.h).
const (
	bootOverheat   = 0x0001
	bootFanFault   = 0x0002
	bootExternal1  = 0x0004
	bootExternal2  = 0x0008
	bootPowerUnder = 0x0010
	bootCardReset  = 0x0020
	bootPowerOver  = 0x0040
)

// A Status is what the kernel reports of a device in sysfs. Reading it does not open the device,
// which would arm it. A value that the driver does not report is zero.
type Status struct {
	Path       string // "/dev/watchdog0"
	Identity   string
	Running    bool // armed already, by the boot loader or by a previous process
	NoWayOut   bool // once armed it cannot be disarmed
	BootStatus int
	Timeout    time.Duration
	Least      time.Duration // the shortest timeout
	Most       time.Duration // the longest timeout
}

// Devices returns the watchdogs in sysfs, in the order of their names. root is "/", but a temporary
// directory in tests.
func Devices(root string) (found []Status) {
	folders, _ := filepath.Glob(filepath.Join(root, sysfsFolder, devicePrefix+"*"))
	slices.Sort(folders)
	for _, folder := range folders {
		found = append(found, Status{
			Path:       filepath.Join(root, devFolder, filepath.Base(folder)),
			Identity:   sysfsText(folder, "identity"),
			Running:    sysfsText(folder, "state") == "active",
			NoWayOut:   sysfsText(folder, "nowayout") == "1",
			BootStatus: sysfsInt(folder, "bootstatus"),
			Timeout:    sysfsSeconds(folder, "timeout"),
			Least:      sysfsSeconds(folder, "min_timeout"),
			Most:       sysfsSeconds(folder, "max_timeout"),
		})
	}
	return found
}

// sysfsText returns the content of a file of a device, or "" if the driver does not have it.
func sysfsText(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func sysfsInt(folder, name string) int {
	n, _ := strconv.ParseInt(sysfsText(folder, name), 0, 64)
	return int(n)
}

func sysfsSeconds(folder, name string) time.Duration {
	return time.Duration(sysfsInt(folder, name)) * time.Second
}

// StatusOf returns the status of the device at path, or a Status with only the path if sysfs does
// not have the device. /dev/watchdog is the first device.
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

// WasReset reports whether the machine was booted by a reset of the watchdog.
func (s Status) WasReset() bool { return s.BootStatus&bootCardReset != 0 }

// bootWords describe the bits of a boot status.
var bootWords = []struct {
	bit  int
	word string
}{
	{bootCardReset, "reset by the watchdog"},
	{bootOverheat, "overheated"},
	{bootFanFault, "a fan failed"},
	{bootPowerUnder, "too little power"},
	{bootPowerOver, "too much power"},
	{bootExternal1, "reset by another device"},
	{bootExternal2, "reset by another device (2)"},
}

// BootWords returns why the machine was booted, as the device reports it. It returns "" if the
// device does not report it, and after power on.
func (s Status) BootWords() string {
	var words []string
	for _, w := range bootWords {
		if s.BootStatus&w.bit != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ", ")
}

// clamp returns the timeout to set: whole seconds within our bounds and those of the device.
func (s Status) clamp(want time.Duration) time.Duration {
	want = min(max(want, LeastTimeout), MostTimeout)
	if s.Most > 0 {
		want = min(want, s.Most)
	}
	return max(want, s.Least).Truncate(time.Second)
}
