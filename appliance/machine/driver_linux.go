package machine

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// driverOf returns the driver of an interface; "" if it has none, or the kernel does not report it.
// A container may not have sysfs, and a confined server cannot read it, so the kernel is queried.
func driverOf(name string) string {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(socket)
	info, err := unix.IoctlGetEthtoolDrvinfo(socket, name)
	if err != nil {
		return ""
	}
	driver, _, _ := bytes.Cut(info.Driver[:], []byte{0})
	return string(driver)
}
