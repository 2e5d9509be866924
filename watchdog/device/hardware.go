package device

import (
	"errors"
	"time"
)

// magicClose is written before a close that disarms the device.
const magicClose = "V"

// Hardware is a device of the kernel (/dev/watchdogN). It resets the machine.
type Hardware struct {
	Status   Status
	Pretime  time.Duration // how long before the reset the kernel logs it; 0 if it does not
	kernel   kernel
	options  uint32
	timeout  time.Duration
	disarmed bool
}

// Arm opens the device at path, which arms it, and sets its timeout. It sets it once, because some
// devices do not accept a second one. It returns ErrBusy if another program has opened the device.
func Arm(path string, want time.Duration) (*Hardware, error) {
	status := StatusOf("/", path)
	status.Path = path
	k, err := openKernel(path)
	if err != nil {
		return nil, err
	}
	h := &Hardware{Status: status, kernel: k}
	if err := h.configure(want); err != nil {
		return nil, errors.Join(err, h.Disarm())
	}
	return h, nil
}

// configure reads the options of the device, sets its timeout and reads it back.
func (h *Hardware) configure(want time.Duration) error {
	options, identity, err := h.kernel.Support()
	if err != nil {
		return err
	}
	h.options, h.Status.Identity = options, identity
	if boot, err := h.kernel.BootStatus(); err == nil { // no option announces it reliably (i6300esb)
		h.Status.BootStatus |= boot
	}
	if options&canSetTimeout != 0 {
		if _, err := h.kernel.SetTimeout(int(h.Status.clamp(want) / time.Second)); err != nil {
			return err
		}
	}
	seconds, err := h.kernel.Timeout()
	if err != nil && h.Status.Timeout > 0 {
		seconds, err = int(h.Status.Timeout/time.Second), nil
	}
	if err == nil && seconds <= 0 {
		err = errors.New("the driver of the watchdog does not report its timeout")
	}
	if err != nil {
		return err
	}
	h.timeout = time.Duration(seconds) * time.Second
	if before := h.timeout / 6; options&canPretimeout != 0 && before >= time.Second {
		if h.kernel.SetPretimeout(int(before/time.Second)) == nil {
			h.Pretime = before.Truncate(time.Second)
		}
	}
	return nil
}

// Feed restarts the timeout.
func (h *Hardware) Feed() error { return h.kernel.KeepAlive() }

// Timeout returns the timeout that the device reported after it was set.
func (h *Hardware) Timeout() time.Duration { return h.timeout }

// ErrNoWayOut is returned when the device cannot be disarmed. The machine is reset after the end of
// this process unless another process feeds the device in time.
var ErrNoWayOut = errors.New("this watchdog cannot be disarmed (nowayout): " +
	"the machine is reset unless it is fed again in time")

// Disarm stops the device and closes it. A second call does nothing.
//
// It writes the magic character even if the options of the device could not be read: a device that
// does not support it is fed once more by it, and for any other it prevents that the close leaves
// the device armed. A device that does not report support is also stopped by an ioctl. With
// nowayout the time until the reset starts with this call.
func (h *Hardware) Disarm() error {
	if h.disarmed {
		return nil
	}
	h.disarmed = true
	_, err := h.kernel.Write([]byte(magicClose))
	switch {
	case h.Status.NoWayOut:
		err = errors.Join(ErrNoWayOut, h.kernel.KeepAlive())
	case h.options&canMagicClose == 0:
		err = h.kernel.Disable()
	}
	return errors.Join(err, h.kernel.Close())
}
