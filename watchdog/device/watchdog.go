package device

import (
	"errors"
	"time"
)

// A Watchdog resets the machine, or restarts this program, unless it is fed within Timeout. It is a
// *Hardware, a *Supervisor or a *ProcdTimer.
type Watchdog interface {
	Feed() error
	Timeout() time.Duration
	Disarm() error
}

// Bits of the options (linux/watchdog.h).
const (
	canSetTimeout = 0x0080 // WDIOF_SETTIMEOUT
	canMagicClose = 0x0100 // WDIOF_MAGICCLOSE
	canPretimeout = 0x0200 // WDIOF_PRETIMEOUT
)

// kernel is the interface of the kernel to an open device. Tests implement it, too.
type kernel interface {
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

// ErrBusy is returned when another program feeds the device.
var ErrBusy = errors.New("another program holds it")
