package watchdog

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A device is a watchdog of the kernel (linux/watchdog.h, Documentation/watchdog/watchdog-api.rst).
type device struct{ *os.File }

func openCalls(path string) (calls, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return nil, fmt.Errorf("%s: %w", path, ErrBusy)
	}
	if err != nil {
		return nil, err
	}
	return device{f}, nil
}

// info is struct watchdog_info.
type info struct {
	options, firmware uint32
	identity          [32]byte
}

func (d device) Support() (options uint32, identity string, err error) {
	var i info
	err = d.ioctl(unix.WDIOC_GETSUPPORT, unsafe.Pointer(&i))
	return i.options, unix.ByteSliceToString(i.identity[:]), err
}

func (d device) BootStatus() (int, error) { return d.number(unix.WDIOC_GETBOOTSTATUS, 0) }

func (d device) SetTimeout(seconds int) (int, error) { return d.number(unix.WDIOC_SETTIMEOUT, seconds) }

func (d device) Timeout() (int, error) { return d.number(unix.WDIOC_GETTIMEOUT, 0) }

func (d device) SetPretimeout(seconds int) error {
	_, err := d.number(unix.WDIOC_SETPRETIMEOUT, seconds)
	return err
}

func (d device) KeepAlive() error { return d.ioctl(unix.WDIOC_KEEPALIVE, nil) }

func (d device) Disable() error {
	_, err := d.number(unix.WDIOC_SETOPTIONS, disableCard)
	return err
}

// number makes a call that takes and returns an int.
func (d device) number(request uint, n int) (int, error) {
	value := int32(n)
	err := d.ioctl(request, unsafe.Pointer(&value))
	return int(value), err
}

func (d device) ioctl(request uint, argument unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, d.Fd(), uintptr(request), uintptr(argument))
	if errno != 0 {
		return &os.PathError{Op: "watchdog", Path: d.Name(), Err: errno}
	}
	return nil
}

// monotonic is CLOCK_MONOTONIC.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
