package device

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A deviceFile is an open device (linux/watchdog.h, Documentation/watchdog/watchdog-api.rst).
type deviceFile struct{ *os.File }

func openKernel(path string) (kernel, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return nil, fmt.Errorf("%s: %w", path, ErrBusy)
	}
	if err != nil {
		return nil, err
	}
	return deviceFile{f}, nil
}

// watchdogInfo is struct watchdog_info.
type watchdogInfo struct {
	options, firmware uint32
	identity          [32]byte
}

// disableCard is the argument of WDIOC_SETOPTIONS that stops a device.
const disableCard = 0x0001 // WDIOS_DISABLECARD

func (d deviceFile) Support() (options uint32, identity string, err error) {
	var info watchdogInfo
	err = d.ioctl(unix.WDIOC_GETSUPPORT, unsafe.Pointer(&info))
	return info.options, unix.ByteSliceToString(info.identity[:]), err
}

func (d deviceFile) BootStatus() (int, error) { return d.ioctlInt(unix.WDIOC_GETBOOTSTATUS, 0) }

func (d deviceFile) SetTimeout(seconds int) (int, error) {
	return d.ioctlInt(unix.WDIOC_SETTIMEOUT, seconds)
}

func (d deviceFile) Timeout() (int, error) { return d.ioctlInt(unix.WDIOC_GETTIMEOUT, 0) }

func (d deviceFile) SetPretimeout(seconds int) error {
	_, err := d.ioctlInt(unix.WDIOC_SETPRETIMEOUT, seconds)
	return err
}

func (d deviceFile) KeepAlive() error { return d.ioctl(unix.WDIOC_KEEPALIVE, nil) }

func (d deviceFile) Disable() error {
	_, err := d.ioctlInt(unix.WDIOC_SETOPTIONS, disableCard)
	return err
}

// ioctlInt makes a call that takes and returns an int.
func (d deviceFile) ioctlInt(request uint, n int) (int, error) {
	value := int32(n)
	err := d.ioctl(request, unsafe.Pointer(&value))
	return int(value), err
}

func (d deviceFile) ioctl(request uint, argument unsafe.Pointer) error {
	errno := uninterrupted(func() unix.Errno {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, d.Fd(), uintptr(request), uintptr(argument))
		return errno
	})
	if errno != 0 {
		return &os.PathError{Op: "watchdog", Path: d.Name(), Err: errno}
	}
	return nil
}

// uninterrupted repeats a system call until no signal interrupts it. The Go runtime sends signals
// to its threads, and an interrupted call has not fed the device.
func uninterrupted(call func() unix.Errno) unix.Errno {
	for {
		if errno := call(); errno != unix.EINTR {
			return errno
		}
	}
}

// monotonic returns CLOCK_MONOTONIC, which sd_notify(3) requires and package time does not expose.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
