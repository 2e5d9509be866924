package disk

import (
	"bufio"
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

// Numbers of requests and replies.
const (
	magicRequest     = 0x25609513
	magicSimpleReply = 0x67446698

	flagFUA = 1 << 0

	// maxLength is the largest READ or WRITE in octets, as the protocol permits.
	maxLength = 32 << 20

	errorInvalid = 22 // EINVAL
)

// A request is the header of a request.
type request struct {
	Magic  uint32
	Flags  uint16
	Kind   uint16
	Cookie uint64
	Offset uint64
	Length uint32
}

// kinds are the requests by number.
var kinds = [...]func(c *client, r request) error{
	0: (*client).read,
	1: (*client).write,
	3: (*client).flush,
	4: (*client).trim,
}

// disconnect is the request without a reply.
const disconnect = 2

// requests serves requests until the client disconnects or the power is cut.
func (c *client) requests() error {
	for {
		var r request
		if err := c.receive(&r); err != nil {
			return err
		}
		switch {
		case r.Magic != magicRequest:
			return fmt.Errorf("nbd: request of magic %x", r.Magic)
		case r.Kind == disconnect:
			return nil
		case int(r.Kind) >= len(kinds) || kinds[r.Kind] == nil:
			if err := c.answer(r, errRange); err != nil {
				return err
			}
		default:
			if err := kinds[r.Kind](c, r); err != nil {
				return err
			}
		}
	}
}

func (c *client) read(r request) error {
	if r.Length > maxLength {
		return c.answer(r, errRange)
	}
	p := make([]byte, r.Length)
	if err := c.disk.read(p, int64(r.Offset)); err != nil {
		return c.answer(r, err)
	}
	return c.send(uint32(magicSimpleReply), uint32(0), r.Cookie, p)
}

func (c *client) write(r request) error {
	if r.Length > maxLength {
		return fmt.Errorf("nbd: WRITE of %d octets", r.Length)
	}
	p := make([]byte, r.Length)
	if _, err := io.ReadFull(c.in, p); err != nil {
		return err
	}
	return c.answer(r, c.disk.write(p, int64(r.Offset), r.Flags&flagFUA != 0))
}

func (c *client) flush(r request) error { return c.answer(r, c.disk.flush()) }

func (c *client) trim(r request) error {
	return c.answer(r, c.disk.trim(int64(r.Offset), int64(r.Length)))
}

// answer sends a simple reply without data. If the power is off, it sends nothing and ends the
// connection.
func (c *client) answer(r request, err error) error {
	code := uint32(0)
	switch {
	case errors.Is(err, errOff), errors.Is(err, errCut):
		return err
	case err != nil:
		code = errorInvalid
	}
	return c.send(uint32(magicSimpleReply), code, r.Cookie)
}
