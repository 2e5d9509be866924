package disk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A client is a connection. Integers are big-endian.
type client struct {
	disk *Disk
	in   *bufio.Reader
	out  *bufio.Writer
}

// exportFlags are HAS_FLAGS, SEND_FLUSH, SEND_FUA and SEND_TRIM.
const exportFlags = 1<<0 | 1<<2 | 1<<3 | 1<<5

// errAborted is returned if the client ends the handshake.
var errAborted = errors.New("nbd: aborted")

// handshake serves options until one starts the transmission phase. Every name is the name of the
// one export.
func (c *client) handshake() error {
	if err := c.send(uint64(magicHello), uint64(magicOption), uint16(handshakeFixed|handshakeNoZeroes)); err != nil {
		return err
	}
	var flags uint32
	if err := c.receive(&flags); err != nil {
		return err
	}
	for {
		var head struct {
			Magic          uint64
			Option, Length uint32
		}
		if err := c.receive(&head); err != nil {
			return err
		}
		if head.Magic != magicOption || head.Length > maxOption {
			return fmt.Errorf("nbd: option of magic %x and %d octets", head.Magic, head.Length)
		}
		if _, err := c.in.Discard(int(head.Length)); err != nil {
			return err
		}
		if begun, err := c.option(head.Option, flags); begun || err != nil {
			return err
		}
	}
}

// option serves an option, and reports whether the transmission phase follows.
func (c *client) option(option, flags uint32) (begun bool, err error) {
	switch option {
	case optionExportName:
		err := c.send(uint64(c.disk.Size()), uint16(exportFlags))
		if err == nil && flags&handshakeNoZeroes == 0 {
			err = c.send([124]byte{})
		}
		return true, err
	case optionInfo, optionGo:
		err := c.reply(option, replyInfo, 12, uint16(infoExport), uint64(c.disk.Size()), uint16(exportFlags))
		if err == nil {
			err = c.reply(option, replyAck, 0)
		}
		return option == optionGo, err
	case optionAbort:
		c.reply(option, replyAck, 0) // the client may not wait for it
		return false, errAborted
	}
	return false, c.reply(option, replyUnsupported, 0)
}

// reply replies to an option; length is that of parts in octets.
func (c *client) reply(option, kind, length uint32, parts ...any) error {
	return c.send(append([]any{uint64(magicReply), option, kind, length}, parts...)...)
}

// send writes integers and flushes.
func (c *client) send(parts ...any) error {
	for _, p := range parts {
		if err := binary.Write(c.out, binary.BigEndian, p); err != nil {
			return err
		}
	}
	return c.out.Flush()
}

// receive reads integers.
func (c *client) receive(into any) error {
	err := binary.Read(c.in, binary.BigEndian, into)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// Numbers of the handshake.
const (
	magicHello  = 0x4e42444d41474943 // "NBDMAGIC"
	magicOption = 0x49484156454f5054 // "IHAVEOPT"
	magicReply  = 0x3e889045565a9

	handshakeFixed    = 1 << 0
	handshakeNoZeroes = 1 << 1

	optionExportName = 1
	optionAbort      = 2
	optionInfo       = 6
	optionGo         = 7

	replyAck         = 1
	replyInfo        = 3
	replyUnsupported = 1<<31 + 1

	infoExport = 0

	// maxOption is the largest data of an option: names of exports have at most 4096 octets.
	maxOption = 8 << 10
)
