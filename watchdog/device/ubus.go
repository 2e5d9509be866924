package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A message of ubus is a header and one attribute that contains the others. All numbers are
// big-endian. An attribute is padded to four octets.
//
//	message                                           attribute
//	 0         1      2     4      8                   0                    4
//	+---------+------+-----+------+-----------------+ +--------------------+-------------------+
//	| version | type | seq | peer | attribute 0 ... | | id << 24 | length  | length - 4 octets |
//	+---------+------+-----+------+-----------------+ +--------------------+-------------------+
//
// The arguments of a method are attributes whose id is their type with the bit 0x80 set. Their
// content begins with a name: its length in two octets, the name, a zero octet, padding.
const (
	ubusHeader  = 8 // octets
	ubusStatus  = 1 // types of messages
	ubusData    = 2
	ubusLookup  = 4
	ubusInvoke  = 5
	attrStatus  = 1 // ids of attributes
	attrPath    = 2
	attrObject  = 3
	attrMethod  = 4
	attrData    = 7
	namedString = 0x80 | 3
	namedInt    = 0x80 | 5
	longestUbus = 64 << 10 // octets of the attribute of a message
)

// errGone is returned if procd has no such instance: this process is not a service of procd, or
// procd is stopping it.
var errGone = errors.New("ubus: no such service or instance")

// statusErrors are the errors of the statuses that these calls can have (enum ubus_msg_status).
var statusErrors = map[uint32]error{
	3: errors.New("ubus: no such method"),
	4: errGone,
	6: errors.New("ubus: not permitted: the user of the service needs an ACL in /usr/share/acl.d"),
}

// A ubus is a connection to ubusd. It is for one goroutine.
type ubus struct {
	conn net.Conn
	seq  uint16
}

// pad appends zeros up to a multiple of four octets.
func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func appendUint32(b []byte, id byte, value uint32) []byte {
	return appendAttribute(b, id, binary.BigEndian.AppendUint32(nil, value))
}

func appendString(b []byte, id byte, value string) []byte {
	return appendAttribute(b, id, append([]byte(value), 0))
}

func appendAttribute(b []byte, id byte, content []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(id)<<24|uint32(4+len(content)))
	return pad(append(b, content...))
}

func appendStringArgument(b []byte, name, value string) []byte {
	return appendArgument(b, namedString, name, append([]byte(value), 0))
}

func appendIntArgument(b []byte, name string, value uint32) []byte {
	return appendArgument(b, namedInt, name, binary.BigEndian.AppendUint32(nil, value))
}

func appendArgument(b []byte, kind byte, name string, value []byte) []byte {
	head := binary.BigEndian.AppendUint16(nil, uint16(len(name)))
	head = pad(append(append(head, name...), 0))
	return appendAttribute(b, kind, append(head, value...))
}

// call sends a message and reads the replies to it, the last of which is the status. It calls data
// with each attribute of the others.
func (u *ubus) call(kind byte, peer uint32, content []byte, data func(id byte, value []byte)) error {
	u.seq++
	m := []byte{0, kind}
	m = binary.BigEndian.AppendUint16(m, u.seq)
	m = binary.BigEndian.AppendUint32(m, peer)
	m = appendAttribute(m, 0, content)
	if _, err := u.conn.Write(m); err != nil {
		return err
	}
	for {
		kind, seq, content, err := u.readMessage()
		if err != nil {
			return err
		}
		if seq != u.seq {
			continue // a reply to a call that timed out
		}
		switch kind {
		case ubusData:
			eachAttribute(content, data)
		case ubusStatus:
			status := ^uint32(0)
			eachAttribute(content, func(id byte, value []byte) {
				if id == attrStatus && len(value) == 4 {
					status = binary.BigEndian.Uint32(value)
				}
			})
			if status == 0 {
				return nil
			}
			if err := statusErrors[status]; err != nil {
				return err
			}
			return fmt.Errorf("ubus: status %d", status)
		}
	}
}

// readMessage reads a message.
func (u *ubus) readMessage() (kind byte, seq uint16, content []byte, err error) {
	var head [ubusHeader + 4]byte
	if _, err := io.ReadFull(u.conn, head[:]); err != nil {
		return 0, 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[ubusHeader:]) & 0xffffff
	if size < 4 || size > longestUbus {
		return 0, 0, nil, fmt.Errorf("ubus: a message of %d octets", size)
	}
	content = make([]byte, size-4)
	_, err = io.ReadFull(u.conn, content)
	return head[1], binary.BigEndian.Uint16(head[2:]), content, err
}

// eachAttribute calls do with the attributes in content. It stops at an invalid one.
func eachAttribute(content []byte, do func(id byte, value []byte)) {
	for len(content) >= 4 {
		head := binary.BigEndian.Uint32(content)
		size := int(head & 0xffffff)
		if size < 4 || size > len(content) {
			return
		}
		do(byte(head>>24&0x7f), content[4:size])
		content = content[min((size+3)&^3, len(content)):]
	}
}

// dialUbus connects and reads the greeting.
func dialUbus(path string, timeout time.Duration) (*ubus, error) {
	conn, err := net.DialTimeout("unix", path, timeout)
	if err != nil {
		return nil, err
	}
	u := &ubus{conn: conn}
	conn.SetDeadline(time.Now().Add(timeout))
	if _, _, _, err := u.readMessage(); err != nil {
		conn.Close()
		return nil, err
	}
	return u, nil
}
