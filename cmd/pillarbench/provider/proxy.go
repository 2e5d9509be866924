package provider

import (
	"io"
	"net"
	"sync"
)

// A Proxy relays connections to a server. It counts the octets of both directions, those of TLS
// included and those of TCP not, and breaks connections.
type Proxy struct {
	to       string
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	line   Line
	breaks int   // connections that are still to be broken
	after  int64 // octets from the server
	open   map[net.Conn]bool
}

// Line is what a Proxy has counted.
type Line struct {
	Octets      int64
	Connections int
	Ended       int // of them
	Broken      int // of them, by the proxy
}

// Minus returns what was counted since an earlier count.
func (l Line) Minus(before Line) Line {
	return Line{l.Octets - before.Octets, l.Connections - before.Connections, l.Ended - before.Ended, l.Broken - before.Broken}
}

// NewProxy begins to relay to an address.
func NewProxy(to string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{to: to, listener: l, open: map[net.Conn]bool{}}
	p.serving.Go(p.serve)
	return p, nil
}

// Address is where it listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Count returns what was counted so far.
func (p *Proxy) Count() Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line
}

// Break breaks so many connections from now on, each after so many octets from the server.
func (p *Proxy) Break(connections int, after int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.breaks, p.after = connections, after
}

// Close ends all connections, and returns after that.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	for conn := range p.open {
		conn.Close()
	}
	p.open = nil
	p.mu.Unlock()
	p.serving.Wait()
}

func (p *Proxy) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.relay(conn) })
	}
}

// relay relays one connection until either end closes it, or it is to be broken.
func (p *Proxy) relay(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.opened(client, server) {
		return
	}
	defer p.closed(client, server)
	var up sync.WaitGroup
	up.Go(func() {
		p.copy(server, client, func(int64, int) int { return -1 })
		server.Close()
	})
	p.copy(client, server, p.cut)
	client.Close()
	server.Close()
	up.Wait()
}

// copy copies until an error. cut returns how many of the octets that were just read go on before
// the connection is broken, -1 for all of them and no break.
func (p *Proxy) copy(to io.Writer, from io.Reader, cut func(before int64, n int) int) {
	buffer := make([]byte, 16<<10)
	var before int64
	for {
		n, err := from.Read(buffer)
		end := cut(before, n)
		broken := end >= 0
		if !broken {
			end = n
		}
		p.count(int64(end))
		if _, failed := to.Write(buffer[:end]); failed != nil || err != nil || broken {
			return
		}
		before += int64(n)
	}
}

// cut is that of a connection's octets from the server.
func (p *Proxy) cut(before int64, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.breaks == 0 || before+int64(n) < p.after {
		return -1
	}
	p.breaks--
	p.line.Broken++
	return int(max(p.after-before, 0))
}

func (p *Proxy) count(octets int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.Octets += octets
}

// opened notes connections that Close ends; false: it was called already.
func (p *Proxy) opened(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return false
	}
	p.line.Connections++
	for _, conn := range conns {
		p.open[conn] = true
	}
	return true
}

func (p *Proxy) closed(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.Ended++
	for _, conn := range conns {
		delete(p.open, conn)
	}
}
