package mdns

import (
	"encoding/binary"
	"syscall"
)

// controlSize is enough for the control message with the interface of a packet.
const controlSize = 64

// destination returns the interface of a packet, and whether it was sent to a group: no router
// forwards those, so it came from the link.
func destination(control []byte, wide bool) (index int, group bool) {
	begin := syscall.CmsgLen(0)
	if len(control) < begin+12 {
		return 0, false
	}
	level := int32(binary.NativeEndian.Uint32(control[syscall.SizeofCmsghdr-8:]))
	data := control[begin:]
	switch {
	case !wide && level == syscall.IPPROTO_IP:
		return int(binary.NativeEndian.Uint32(data)), data[8]>>4 == 14
	case wide && level == syscall.IPPROTO_IPV6 && len(data) >= 20:
		return int(binary.NativeEndian.Uint32(data[16:])), data[0] == 0xff
	}
	return 0, false
}

// appendControl appends a control message that sends a packet on an interface.
func appendControl(b []byte, index int, wide bool) []byte {
	size, level, name := syscall.SizeofInet4Pktinfo, syscall.IPPROTO_IP, syscall.IP_PKTINFO
	if wide {
		size, level, name = syscall.SizeofInet6Pktinfo, syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO
	}
	b = b[:syscall.CmsgSpace(size)]
	clear(b)
	length := syscall.CmsgLen(size)
	if syscall.SizeofCmsghdr == 16 {
		binary.NativeEndian.PutUint64(b, uint64(length))
	} else {
		binary.NativeEndian.PutUint32(b, uint32(length))
	}
	binary.NativeEndian.PutUint32(b[syscall.SizeofCmsghdr-8:], uint32(level))
	binary.NativeEndian.PutUint32(b[syscall.SizeofCmsghdr-4:], uint32(name))
	at := syscall.CmsgLen(0)
	if wide {
		at += 16
	}
	binary.NativeEndian.PutUint32(b[at:], uint32(index))
	return b
}
