package ktls

import (
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Constants of linux/tls.h and linux/tcp.h.
const (
	optionULP     = 31  // TCP_ULP: a protocol over TCP
	levelTLS      = 282 // SOL_TLS
	optionTX      = 1   // TLS_TX
	setRecordType = 1   // TLS_SET_RECORD_TYPE
)

// systemSocket is the socket of the system.
type systemSocket struct{}

// Enable makes "tls" the protocol of a connection. It sends what it is given, until there are keys.
func (systemSocket) Enable(conn *net.TCPConn) error {
	return setOption(conn, syscall.SOL_TCP, optionULP, "tls")
}

func (systemSocket) Install(conn *net.TCPConn, info []byte) error {
	return setOption(conn, levelTLS, optionTX, string(info))
}

func setOption(conn *net.TCPConn, level, option int, value string) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) {
		err = os.NewSyscallError("setsockopt", syscall.SetsockoptString(int(fd), level, option, value))
	})
	if failed != nil {
		return failed
	}
	return err
}

// Control sends a record of a type other than application_data. The record before it ends. It waits
// for room until the deadline for writes.
func (systemSocket) Control(conn *net.TCPConn, record byte, content []byte) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	ancillary := make([]byte, syscall.CmsgSpace(1))
	header := (*syscall.Cmsghdr)(unsafe.Pointer(&ancillary[0]))
	header.Level, header.Type = levelTLS, setRecordType
	header.SetLen(syscall.CmsgLen(1))
	ancillary[syscall.CmsgLen(0)] = record
	failed := raw.Write(func(fd uintptr) bool {
		for {
			_, err = syscall.SendmsgN(int(fd), content, ancillary, nil, syscall.MSG_NOSIGNAL)
			switch err {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				return true
			}
		}
	})
	if failed != nil {
		return failed
	}
	return os.NewSyscallError("sendmsg", err)
}
