package watchdog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A message of ubus is a header and one attribute that holds the others. All numbers are big-endian; an attribute is padded to four octets.
//
//	 0         1      2     4      8                        attribute:  0                    4
//	+---------+------+-----+------+-----------------+                  +--------------------+-------------------+
//	| version | type | seq | peer | attribute 0 ... |                  | id << 24 | length  | length - 4 octets |
//	+---------+------+-----+------+-----------------+                  +--------------------+-------------------+
//
// The arguments of a method are attributes whose id is their type with the bit 0x80 set, and which begin with a name:
// its length in two octets, itself, a zero octet, padding.
const (
	ubusHeader  = 8
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
	longestUbus = 64 << 10
)

// statusWords are what a status other than 0 means, as far as it can come to this.
var statusWords = map[uint32]string{
	3: "no such method", 4: "no such service or instance", 6: "not permitted: the user of the service needs an ACL in /usr/share/acl.d",
}

// A ubus is a connection to ubusd, used by one goroutine.
type ubus struct {
	conn net.Conn
	seq  uint16
}

// padded appends zeros up to a multiple of four octets.
func padded(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func attribute32(b []byte, id byte, value uint32) []byte {
	return attributeOf(b, id, binary.BigEndian.AppendUint32(nil, value))
}

func attributeText(b []byte, id byte, value string) []byte {
	return attributeOf(b, id, append([]byte(value), 0))
}

func attributeOf(b []byte, id byte, content []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(id)<<24|uint32(4+len(content)))
	return padded(append(b, content...))
}

// argument appends a named argument.
func argument(b []byte, kind byte, name string, value []byte) []byte {
	head := binary.BigEndian.AppendUint16(nil, uint16(len(name)))
	head = padded(append(append(head, name...), 0))
	return attributeOf(b, kind, append(head, value...))
}

// ask sends a message and reads the answers up to its status. data is told of the content of each answer in between.
func (u *ubus) ask(kind byte, peer uint32, content []byte, data func(id byte, value []byte)) error {
	u.seq++
	m := []byte{0, kind}
	m = binary.BigEndian.AppendUint16(m, u.seq)
	m = binary.BigEndian.AppendUint32(m, peer)
	m = attributeOf(m, 0, content)
	if _, err := u.conn.Write(m); err != nil {
		return err
	}
	for {
		kind, seq, content, err := u.hear()
		if err != nil {
			return err
		}
		if seq != u.seq {
			continue // of a question that was given up
		}
		switch kind {
		case ubusData:
			each(content, data)
		case ubusStatus:
			status := ^uint32(0)
			each(content, func(id byte, value []byte) {
				if id == attrStatus && len(value) == 4 {
					status = binary.BigEndian.Uint32(value)
				}
			})
			if status == 0 {
				return nil
			}
			if words := statusWords[status]; words != "" {
				return errors.New("ubus: " + words)
			}
			return fmt.Errorf("ubus: status %d", status)
		}
	}
}

// hear reads a message.
func (u *ubus) hear() (kind byte, seq uint16, content []byte, err error) {
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

// each calls do with the attributes of a content, up to one that does not read.
func each(content []byte, do func(id byte, value []byte)) {
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
func dialUbus(path string, patience time.Duration) (*ubus, error) {
	conn, err := net.DialTimeout("unix", path, patience)
	if err != nil {
		return nil, err
	}
	u := &ubus{conn: conn}
	conn.SetDeadline(time.Now().Add(patience))
	if _, _, _, err := u.hear(); err != nil {
		conn.Close()
		return nil, err
	}
	return u, nil
}
