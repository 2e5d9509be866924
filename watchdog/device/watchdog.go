package device

import "time"

// A Watchdog resets the machine, or restarts this program, unless it is fed within Timeout. It is a
// *Hardware, a *Supervisor or a *ProcdTimer.
type Watchdog interface {
	Feed() error
	Timeout() time.Duration
	Disarm() error
}

// Values of watchdog.device in the configuration that are not paths.
const (
	None    = "none"
	Auto    = "auto"
	Systemd = "systemd"
	Procd   = "procd"
)
