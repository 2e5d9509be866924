package ktls

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"
)

// A Kernel is what the kernel offers to the connections of one tls.Config. It is used by any number
// of goroutines.
type Kernel struct{ offer }

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

// Server returns a TLS server on a connection. Its handshake is done by crypto/tls, and its
// NetConn is a *Tap.
func (k *Kernel) Server(raw *net.TCPConn) *tls.Conn {
	return tls.Server(&Tap{TCPConn: raw, kernel: &k.offer}, k.config)
}

// assembly reports whether Go's ciphers have assembly on this processor.
const assembly = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// errAssembly is returned by New where the kernel is not faster.
var errAssembly = errors.New("ktls: the process is faster on " + runtime.GOARCH)

// New returns what the kernel offers to servers with a configuration, or why it is of no use.
// Unless always, it is of no use where Go has assembly for the ciphers: on arm64 the kernel takes
// more instructions an octet than the process, on armv7 a quarter of them (scripts/arm.sh). It
// probes the kernel with two connections over the loopback interface, so it is called before the
// process gives up the right to make them. The configuration must not be changed afterwards.
func New(config *tls.Config, always bool) (*Kernel, error) {
	if assembly && !always {
		return nil, errAssembly
	}
	k := &Kernel{offer: offer{socket: systemSocket{}}}
	if err := k.probe(); err != nil {
		return nil, err
	}
	return k, k.serve(config)
}

// What the probe sends; secrets.go has the records that have to arrive.
const (
	probeText   = "pillarbox"
	probeNumber = 258
)

// probeSecret is the secret of the probe: the numbers from 0 on.
func probeSecret() (s secret) {
	for i := range s {
		s[i] = byte(i)
	}
	return s
}

// probeTime is how long one connection of the probe may take.
const probeTime = 2 * time.Second

// probe finds out which suites the kernel has, and whether it replaces the keys of each of them. It
// returns an error if there are no suites.
func (o *offer) probe() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	var failed error
	o.rekeys = true
	for i := range suites {
		rekeys, err := probeSuite(listener, o.socket, &suites[i])
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		o.suites = append(o.suites, &suites[i])
		o.rekeys = o.rekeys && rekeys
	}
	if len(o.suites) == 0 {
		return failed
	}
	return nil
}

// probeSuite compares the kernel's first record with the known one, and finds out whether the
// kernel replaces keys.
func probeSuite(listener net.Listener, s Socket, u *suite) (rekeys bool, err error) {
	out, in, err := pair(listener)
	if err != nil {
		return false, err
	}
	defer in.Close()
	defer out.Close()
	if err := s.Enable(out); err != nil {
		return false, err
	}
	if err := s.Install(out, u.info(probeSecret(), probeNumber)); err != nil {
		return false, err
	}
	if _, err := io.WriteString(out, probeText); err != nil {
		return false, err
	}
	record := make([]byte, len(u.record)/2)
	if _, err := io.ReadFull(in, record); err != nil {
		return false, err
	}
	if hex.EncodeToString(record) != u.record {
		return false, fmt.Errorf("ktls: the kernel encrypts wrongly (cipher %d of linux/tls.h)", u.cipher)
	}
	return s.Install(out, u.info(probeSecret().next(), 0)) == nil, nil
}

var errStranger = errors.New("ktls: another process has connected to the probe")

// pair returns both ends of a connection, with a deadline.
func pair(listener net.Listener) (out, in *net.TCPConn, err error) {
	dialed, err := net.DialTimeout("tcp4", listener.Addr().String(), probeTime)
	if err != nil {
		return nil, nil, err
	}
	out = dialed.(*net.TCPConn)
	accepted, err := listener.Accept()
	if err != nil {
		out.Close()
		return nil, nil, err
	}
	in = accepted.(*net.TCPConn)
	if in.RemoteAddr().String() != out.LocalAddr().String() { // somebody else was faster
		return nil, nil, errors.Join(errStranger, out.Close(), in.Close())
	}
	by := time.Now().Add(probeTime)
	out.SetDeadline(by)
	in.SetDeadline(by)
	return out, in, nil
}
