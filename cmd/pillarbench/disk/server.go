package disk

import (
	"bufio"
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
