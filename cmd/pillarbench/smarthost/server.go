package smarthost

import (
	"crypto/tls"
	"net"
	"sync"
)

// A Server is a smarthost that listens on loopback.
type Server struct {
	listener net.Listener
	config   *tls.Config
	// Certificate is its certificate in PEM, and Pin the SHA-256 of it in hexadecimal digits.
	Certificate []byte
	Pin         string
	serving     sync.WaitGroup

	mu    sync.Mutex
	dead  bool
	count Count
	open  map[net.Conn]bool // nil after Close
}

// Count is what a Server has seen.
type Count struct {
	Attempts int // connections
	Messages int // that were taken
	Octets   int64
}

// Start starts a server.
func Start() (*Server, error) {
	pair, text, pin, err := selfSigned()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, Certificate: text, Pin: pin, open: map[net.Conn]bool{},
		config: &tls.Config{Certificates: []tls.Certificate{pair}}}
	s.serving.Go(s.accept)
	return s, nil
}

// Address is where it listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// SetDead has the server close each connection at once, or not any more.
func (s *Server) SetDead(dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = dead
}

// Count returns what was seen so far.
func (s *Server) Count() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Close ends all connections, and returns after that.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		conn.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.serving.Go(func() {
			defer conn.Close()
			if s.admit(conn) {
				(&session{took: s.took}).run(tls.Server(conn, s.config)) // an error ends it
			}
			s.leave(conn)
		})
	}
}

// admit counts a connection, and reports whether it is served.
func (s *Server) admit(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Attempts++
	if s.dead || s.open == nil {
		return false
	}
	s.open[conn] = true
	return true
}

func (s *Server) leave(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
}

// took counts a message.
func (s *Server) took(octets int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Messages++
	s.count.Octets += octets
}
