// Package device opens, feeds and disarms the watchdogs that a machine can have: a device of the
// kernel, which resets the machine, and the timers of systemd and procd, which restart the program.
// It also reads from sysfs why the machine was booted.
//
// The package does not decide when a watchdog is fed: package watchdog does, and neither imports
// the other. It starts no goroutine and no timer, and it logs nothing. A watchdog is for one
// goroutine, but the Supervisor, which is for any number.
//
// Invariants:
//
//	D1  Nothing is armed but by Arm, DialProcd and Choice.Open. Devices, StatusOf and Choice.Hardware
//	    read sysfs and open no device, because the open arms it.
//	D2  A device that another program has opened is left alone (ErrBusy).
//	D3  The timeout of a device is set once, within 5 s to 2 minutes and the bounds of the driver.
//	    The timeout that counts is the one that the driver reports after that.
//	D4  A device whose configuration fails is disarmed before Arm returns. Disarm uses the magic
//	    character as well as the ioctl if it is not known which one the driver supports.
//	D5  The end of this process disarms nothing: only Disarm does.
//	D6  A call that waits for another program has a deadline: 1 s for systemd, 2 s for ubusd.
//	D7  A supervisor is preferred to the hardware, because a restart costs less than a reset.
//
// # Files
//
//	watchdog.go          what a watchdog is, and the device of the kernel that hardware.go uses
//	choice.go            which watchdog: watchdog.device of the configuration, or the first of
//	                     systemd, procd and the devices of the kernel that can be used
//	hardware.go          /dev/watchdogN: timeout, pretimeout, feed, disarm
//	kernel_linux.go      its ioctls (watchdog-api.rst, linux/watchdog.h), the clock of RELOADING=1
//	sysfs.go             what the kernel reports of a device that is not open
//	systemd.go           the notification socket (sd_notify(3), sd_watchdog_enabled(3))
//	procd.go             the timer of a service of OpenWrt
//	ubus.go              the protocol of ubusd, through which procd is called
//
// The boot status is read whatever the options of the driver are, because some drivers report it
// without the option that announces it (i6300esb).
package device
