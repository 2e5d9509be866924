package child

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"pillarbox/appliance/confine"
	"pillarbox/appliance/remote/trust"
)

// restrict takes everything from the process that a session does not need.
func restrict(port, bundle string) error {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	files := append([]string{bundle, os.DevNull}, Files()...)
	if bundle == "" {
		files = files[1:]
	}
	_, err = confine.Within(confine.Bounds{Read: files, Connect: []uint16{53, uint16(number)}})
	if errors.Is(err, syscall.E2BIG) { // the server's own domain is one of 16 already
		return nil
	}
	return err
}

// Files are the files that a child reads, and that the domain of the server has to admit.
func Files() []string {
	return append([]string{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf"}, trust.Bundles...)
}
