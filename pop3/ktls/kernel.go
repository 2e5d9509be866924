package ktls

import (
	"crypto/tls"
	"errors"
	"net"
	"runtime"
)

// A Socket is what this package asks of the kernel. Tests have their own.
type Socket interface {
	// Enable makes it possible to install keys. What is written before is sent as it is.
	Enable(*net.TCPConn) error
	// Install gives the kernel the keys of the records to come, as setsockopt TLS_TX takes them.
	Install(conn *net.TCPConn, info []byte) error
	// Control sends a record of a type other than application_data.
	Control(conn *net.TCPConn, record byte, content []byte) error
}

// A Kernel is what the kernel offers to the connections of one tls.Config. It is used by any number
// of goroutines.
type Kernel struct {
	socket Socket
	suites []*suite // that have passed the probe
	rekeys bool     // keys of a socket can be replaced
	config *tls.Config
}

// assembly reports whether Go's ciphers have assembly on this processor.
const assembly = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// errAssembly is returned by New where the kernel is not faster.
var errAssembly = errors.New("ktls: the process is faster on " + runtime.GOARCH)

// errClientCertificates is returned by New for a configuration that it cannot serve.
var errClientCertificates = errors.New("ktls: a server that asks for client certificates is not supported")

// New returns what the kernel offers to servers with a configuration, or why it is of no use. Unless
// always, it is of no use where Go has assembly for the ciphers: on arm64 the kernel takes more
// instructions an octet than the process, on armv7 a quarter of them (scripts/arm.sh). It
// probes the kernel with two connections over the loopback interface, so it is called before the
// process gives up the right to make them. The configuration must not be changed afterwards.
func New(config *tls.Config, always bool) (*Kernel, error) {
	if assembly && !always {
		return nil, errAssembly
	}
	k := &Kernel{socket: systemSocket{}}
	if err := k.probe(); err != nil {
		return nil, err
	}
	return k, k.serve(config)
}

// Over is New with a Socket that has all suites, and replaces keys if rekeys. It probes nothing.
func Over(s Socket, rekeys bool, config *tls.Config) (*Kernel, error) {
	k := &Kernel{socket: s, rekeys: rekeys}
	for i := range suites {
		k.suites = append(k.suites, &suites[i])
	}
	return k, k.serve(config)
}

// serve makes the configuration of the connections.
func (k *Kernel) serve(config *tls.Config) error {
	if config.ClientAuth != tls.NoClientCert {
		return errClientCertificates
	}
	k.config = config.Clone()
	k.config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		return logged(config, hello)
	}
	return nil
}

// logged returns the configuration for one connection: the Tap under it gets the traffic secret.
// Session tickets continue to work, because crypto/tls takes their keys from the configuration that
// the connection began with, as long as the one that is returned sets none.
func logged(config *tls.Config, hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if config.GetConfigForClient != nil {
		chosen, err := config.GetConfigForClient(hello)
		if err != nil {
			return nil, err
		}
		if chosen != nil {
			config = chosen
		}
	}
	tap, ok := hello.Conn.(*Tap)
	if !ok {
		return config, nil
	}
	config = config.Clone()
	config.KeyLogWriter = (*keyLog)(tap)
	return config, nil
}

// Server returns a TLS server on a connection. Its handshake is that of crypto/tls, and its
// NetConn is a *Tap.
func (k *Kernel) Server(raw *net.TCPConn) *tls.Conn {
	return tls.Server(&Tap{TCPConn: raw, kernel: k}, k.config)
}

// suite returns a suite that the kernel has, or nil.
func (k *Kernel) suite(id uint16) *suite {
	for _, u := range k.suites {
		if u.id == id {
			return u
		}
	}
	return nil
}

// String names the suites, for the log.
func (k *Kernel) String() (names string) {
	for _, u := range k.suites {
		if names != "" {
			names += " "
		}
		names += tls.CipherSuiteName(u.id)
	}
	return names
}
