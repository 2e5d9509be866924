package ktls

import (
	"crypto/tls"
	"net"
)

// A Socket is what this package asks of the kernel. Tests have their own.
type Socket interface {
	// Enable makes it possible to install keys. What is written before is sent as it is.
	Enable(*net.TCPConn) error
	// Install gives the kernel the keys of the records to come, as setsockopt TLS_TX takes
	// them.
	Install(conn *net.TCPConn, info []byte) error
	// Control sends a record of a type other than application_data.
	Control(conn *net.TCPConn, record byte, content []byte) error
}

// An offer is what the kernel can do for a connection.
type offer struct {
	socket Socket
	suites []*suite // that have passed the probe
	rekeys bool     // keys of a socket can be replaced
}

// suite returns a suite that the kernel has, or nil.
func (o *offer) suite(id uint16) *suite {
	for _, u := range o.suites {
		if u.id == id {
			return u
		}
	}
	return nil
}

// String names the suites, for the log.
func (o *offer) String() (names string) {
	for _, u := range o.suites {
		if names != "" {
			names += " "
		}
		names += tls.CipherSuiteName(u.id)
	}
	return names
}
