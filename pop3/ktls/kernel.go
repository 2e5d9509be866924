package ktls

import (
	"crypto/tls"
	"errors"
	"net"
)

// A Kernel is what the kernel offers to the connections of one tls.Config. It is used by any number
// of goroutines.
type Kernel struct {
	offer
	config *tls.Config
}

// errClientCertificates is returned by New for a configuration that it cannot serve.
var errClientCertificates = errors.New("ktls: a server that asks for client certificates is not supported")

// Over is New with a Socket that has all suites, and replaces keys if rekeys. It probes nothing.
func Over(s Socket, rekeys bool, config *tls.Config) (*Kernel, error) {
	k := &Kernel{offer: offer{socket: s, rekeys: rekeys}}
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
	return tls.Server(&Tap{TCPConn: raw, kernel: &k.offer}, k.config)
}
