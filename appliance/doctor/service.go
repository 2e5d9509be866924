package doctor

import (
	"fmt"
	"time"
)

// A Spool is what is known of a spool.
type Spool struct {
	Live, Capacity int64
	ReadOnly       bool
	Damaged        int
	Faults         int
	LastFault      string
	Hidden         int
	Crowded        bool
	Written        int64         // octets programmed
	Age            time.Duration // since it was made; 0: not known
}

const (
	fullPercent = 80 // new mail is refused
	warnPercent = 65
	cycles      = 3000 // that a cheap card withstands
)

// Lasts estimates how long the flash lasts at the rate so far; 0 if that is not known.
func Lasts(written, capacity int64, age time.Duration) time.Duration {
	if written <= 0 || age < 24*time.Hour {
		return 0
	}
	rounds := float64(cycles) * float64(capacity) / float64(written)
	if rounds > 1e4 { // of its age: more than time.Duration holds, for a spool of some years
		rounds = 1e4
	}
	if span := rounds * float64(age); span < float64(290*365*24*time.Hour) {
		return time.Duration(span)
	}
	return 290 * 365 * 24 * time.Hour
}

// Check judges a spool.
func (s *Spool) Check() (all []Finding) {
	const check = "spool"
	percent := int64(0)
	if s.Capacity > 0 {
		percent = s.Live * 100 / s.Capacity
	}
	switch {
	case s.ReadOnly:
		all = append(all, fail(check, "is read-only: nothing new is stored", "look at the log for the error of the device; make a backup, then check or replace it"))
	case percent >= fullPercent:
		all = append(all, fail(check, fmt.Sprintf("%d%% are in use: new mail is refused", percent), "delete messages, or raise spool.capacity"))
	case percent >= warnPercent:
		all = append(all, warn(check, fmt.Sprintf("%d%% are in use; at 80%% new mail is refused", percent), "delete messages, or raise spool.capacity"))
	}
	if s.Faults > 0 {
		all = append(all, fail(check, fmt.Sprintf("%d writes or flushes have failed: %s", s.Faults, s.LastFault), "make a backup (pillarbox spool export), and replace the disk or card"))
	}
	if s.Damaged > 0 {
		all = append(all, fail(check, fmt.Sprintf("%d messages are damaged", s.Damaged), "pillarbox spool verify lists them; make a backup, and replace the disk or card"))
	}
	switch {
	case s.Hidden > 0:
		all = append(all, fail(check, fmt.Sprintf("about %d messages are hidden, because the memory is too small for them", s.Hidden), "delete messages, or raise service.memory"))
	case s.Crowded:
		all = append(all, fail(check, "has too many messages for the memory: new mail is refused", "delete messages, or raise service.memory"))
	}
	if span := Lasts(s.Written, s.Capacity, s.Age); span > 0 && span < 2*365*24*time.Hour {
		all = append(all, warn(check, fmt.Sprintf("at this rate the flash lasts %d days (estimate)", int(span/(24*time.Hour))), "raise spool.capacity, or move the state directory to another disk"))
	}
	if len(all) == 0 {
		all = append(all, ok(check, fmt.Sprintf("%d%% of %d MiB are in use", percent, s.Capacity>>20)))
	}
	return all
}

// A Health is what a running server reports.
type Health struct {
	Well        bool
	Faults      []string // of checks that do not hold, with their names
	Degraded    []string
	Unreachable []string
	Device      string        // of the watchdog; "none"
	Timeout     time.Duration // of the device
	Last        string        // why it was started again; "": it was not
}

// Check judges the health checks and the watchdog.
func (h *Health) Check() (all []Finding) {
	for _, text := range h.Faults {
		all = append(all, fail("health", text, "look at the log of the server"))
	}
	if len(h.Faults) == 0 {
		all = append(all, ok("health", "all health checks pass"))
	}
	for _, text := range h.Degraded {
		all = append(all, warn("health", text, "pillarbox health says more"))
	}
	for _, text := range h.Unreachable {
		all = append(all, fail("health", text, "correct the ports of the container"))
	}
	switch {
	case h.Last != "":
		all = append(all, warn("watchdog", "the last start was forced: "+h.Last, "look at the log before that start"))
	case h.Device == "none":
		all = append(all, ok("watchdog", "none is used"))
	default:
		all = append(all, ok("watchdog", fmt.Sprintf("%s is fed; its timeout is %v", h.Device, h.Timeout)))
	}
	return all
}

// Stopped is the finding for a server that does not run.
func Stopped(err error) Finding {
	return fail("server", err.Error(), "start it: systemctl start pillarbox, /etc/init.d/pillarbox start, or pillarbox serve")
}

// NotPermitted is the finding for a server that this user may not examine.
func NotPermitted(err error) Finding {
	return fail("server", "could not be examined: "+err.Error(), "run this as root or as the user of the server")
}

// Configuration is the finding about a configuration file: err is why it was refused.
func Configuration(file string, warnings []string, err error) (all []Finding) {
	const check = "configuration"
	if err != nil {
		return append(all, fail(check, err.Error(), "correct it; pillarbox check-config checks it without a restart"))
	}
	for _, text := range warnings {
		all = append(all, warn(check, text, "correct it, then reload the server"))
	}
	if file == "" {
		file = "the built-in defaults"
	}
	if len(all) == 0 {
		all = append(all, ok(check, file))
	}
	return all
}
