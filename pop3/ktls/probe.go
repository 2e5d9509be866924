package ktls

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// What the probe sends, and the records that have to arrive. They were made by another
// implementation, Python's cryptography. AES is compared again by a test.
const (
	probeText   = "pillarbox"
	probeNumber = 258
	knownAESGCM = "170303001ab53f9fcdaa41a24ecdbed91e0e599f59a5e313ad1b6f9afb720d"
	knownChaCha = "170303001a6b852e47dfab31b7256e1efb679f7b14043e5cf4fbba359d5de5"
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

// probe finds out which suites the kernel has, and whether it replaces keys. It returns an error if
// there are no suites.
func (k *Kernel) probe() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	var failed error
	for i := range suites {
		rekeys, err := probeSuite(listener, k.socket, &suites[i])
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		k.suites = append(k.suites, &suites[i])
		k.rekeys = rekeys
	}
	if len(k.suites) == 0 {
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
