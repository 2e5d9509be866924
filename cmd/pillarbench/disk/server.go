package disk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// A Server serves a disk to NBD clients, each on its own connection.
type Server struct {
	disk     *Disk
	listener net.Listener
	done     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Listen makes a unix socket and serves the disk on it until Close.
func Listen(path string, d *Disk) (*Server, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	s := &Server{disk: d, listener: l, conns: map[net.Conn]bool{}}
	s.done.Add(1)
	go s.accept()
	return s, nil
}

// Close ends all connections, waits for them and removes the socket. A stalled disk must be
// resumed or cut before.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
	return err
}

func (s *Server) accept() {
	defer s.done.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.closed {
			conn.Close()
		} else {
			s.conns[conn] = true
			s.done.Add(1)
			go s.serve(conn)
		}
		s.mu.Unlock()
	}
}

// serve serves a client to the end. It drops the error, which is the client's or that of the
// power cut.
func (s *Server) serve(conn net.Conn) {
	defer s.done.Done()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
		conn.Close()
	}()
	c := &client{
		disk: s.disk,
		in:   bufio.NewReaderSize(conn, 64<<10),
		out:  bufio.NewWriterSize(conn, 64<<10),
	}
	if err := c.handshake(); err == nil {
		c.requests()
	}
}

// A client is a connection. Integers are big-endian.
type client struct {
	disk *Disk
	in   *bufio.Reader
	out  *bufio.Writer
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
