package wire

import "syscall"

func setQuickAck(socket int) error {
	return syscall.SetsockoptInt(socket, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
}
