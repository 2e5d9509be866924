//go:build !linux

package ktls

import (
	"errors"
	"net"
)

// systemSocket is for a system without TLS in the kernel.
type systemSocket struct{}

func (systemSocket) Enable(*net.TCPConn) error                { return errors.ErrUnsupported }
func (systemSocket) Install(*net.TCPConn, []byte) error       { return errors.ErrUnsupported }
func (systemSocket) Control(*net.TCPConn, byte, []byte) error { return errors.ErrUnsupported }
