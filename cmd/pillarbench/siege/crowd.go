package siege

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A wave is the hostile clients of one kind in a crowd.
type wave struct {
	name  string
	count int // clients in a complete run
	width int // clients at a time
	each  func(s *Crowd, n int)
}

// waves are the waves of a crowd. They come at once. A client that does not disconnect stays
// until End, or until the server disconnects.
var waves = [...]wave{
	// name, count, at a time, what each does
	{"idle connections", 2000, 200, (*Crowd).idle},
	{"slow logins", 1000, 1000, (*Crowd).trickle},
	{"half-open TLS handshakes", 500, 100, (*Crowd).halfOpen},
	{"bad logins", 10000, 64, (*Crowd).guess},
	{"garbage connections", 20000, 64, (*Crowd).garbage},
	{"endless lines", 200, 200, (*Crowd).endless},
	{"unread downloads", 100, 20, (*Crowd).hoard},
}

const (
	// stubbornness is how long a hostile client continues at most.
	stubbornness = 20 * time.Second
	// crowdPatience is how long a client waits for a connection.
	crowdPatience = 2 * time.Minute
	// HoardOctets is the size of the message that is requested and not read.
	HoardOctets = 8 << 20
	// guessesEach is how many wrong passwords one connection of the crowd tries.
	guessesEach = 5
)

// A Crowd is hostile clients of all kinds at once.
type Crowd struct {
	pop3, tls      string // addresses
	user, password string // of the unread downloads

	next atomic.Uint32 // counts addresses
	over chan struct{} // closed when all clients must end

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	counts map[string]*tally
}

// A tally counts the clients of a wave.
type tally struct{ came, refused atomic.Int64 }

// NewCrowd returns a crowd against a POP3 server with two IPv4 ports. The user's first message
// must have HoardOctets.
func NewCrowd(pop3, tls, user, password string) *Crowd {
	s := &Crowd{pop3: pop3, tls: tls, user: user, password: password,
		over: make(chan struct{}), open: map[net.Conn]struct{}{}, counts: map[string]*tally{}}
	for _, w := range waves {
		s.counts[w.name] = &tally{}
	}
	return s
}

// Run runs all waves and returns when every client is done. Only one in part clients comes.
func (s *Crowd) Run(part int) {
	var group sync.WaitGroup
	for _, w := range waves {
		for worker := range w.width {
			group.Go(func() {
				for n := worker; n < w.count/part; n += w.width {
					w.each(s, n)
				}
			})
		}
	}
	group.Wait()
}

// Report prints the tallies.
func (s *Crowd) Report(out io.Writer) {
	for _, w := range waves {
		t := s.counts[w.name]
		fmt.Fprintf(out, "%6d %s", t.came.Load(), w.name)
		if n := t.refused.Load(); n > 0 {
			fmt.Fprintf(out, ", %d could not connect", n)
		}
		fmt.Fprintln(out)
	}
}

// End closes the connections that are still open.
func (s *Crowd) End() {
	close(s.over)
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		conn.Close()
	}
}

// address returns the n-th of as many loopback addresses, or an unused one if that is 0. The
// known client has 127.0.0.1.
func (s *Crowd) address(n, of int) *net.TCPAddr {
	if of == 0 {
		n = 1<<16 + int(s.next.Add(1))
	} else {
		n %= of
	}
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
}

// dial connects from one of as many addresses. It returns nil if the connection was refused.
func (s *Crowd) dial(wave string, to string, n, of int) net.Conn {
	s.counts[wave].came.Add(1)
	d := net.Dialer{LocalAddr: s.address(n+1, of), Timeout: crowdPatience}
	conn, err := d.Dial("tcp", to)
	if err != nil {
		s.counts[wave].refused.Add(1)
		return nil
	}
	conn.SetDeadline(time.Now().Add(stubbornness))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[conn] = struct{}{}
	return conn
}

func (s *Crowd) drop(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
}

// crowding gives every second client its own address. The others share a few, so that both limits
// by address and global limits are reached.
func crowding(n int) (of int) {
	if n%2 == 0 {
		return 0
	}
	return 16
}

func (s *Crowd) idle(n int) { s.dial("idle connections", s.pop3, n, crowding(n)) }

func (s *Crowd) halfOpen(n int) {
	if conn := s.dial("half-open TLS handshakes", s.tls, n, crowding(n)); conn != nil {
		conn.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")) // part of a ClientHello
	}
}

// trickle sends an octet of a login each second.
func (s *Crowd) trickle(n int) {
	conn := s.dial("slow logins", s.pop3, n, crowding(n))
	if conn == nil {
		return
	}
	defer s.drop(conn)
	for _, octet := range []byte("USER somebody\r\nPASS something\r\n") {
		if _, err := conn.Write([]byte{octet}); err != nil {
			return
		}
		select {
		case <-s.over:
			return
		case <-time.After(time.Second):
		}
	}
}

// guess tries wrong passwords: a few on each connection, as many from each address.
func (s *Crowd) guess(n int) {
	if n%guessesEach != 0 {
		s.counts["bad logins"].came.Add(1)
		return // the previous client does it
	}
	conn := s.dial("bad logins", s.pop3, n, 0)
	if conn == nil {
		return
	}
	defer s.drop(conn)
	var answer [512]byte
	for tried := range guessesEach {
		fmt.Fprintf(conn, "USER %s\r\nPASS guess%d\r\n", s.user, n+tried)
		for seen := 0; seen < 2; {
			got, err := conn.Read(answer[:])
			if err != nil {
				return
			}
			seen += bytes.Count(answer[:got], []byte("\n"))
		}
	}
}

// garbage sends random octets and waits until the server disconnects.
func (s *Crowd) garbage(n int) {
	conn := s.dial("garbage connections", s.pop3, n, crowding(n))
	if conn == nil {
		return
	}
	defer s.drop(conn)
	noise := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	octets := make([]byte, 16+n%2000)
	noise.Read(octets)
	conn.SetDeadline(time.Now().Add(2 * time.Second)) // the server may wait for the rest of a line
	if _, err := conn.Write(octets); err == nil {
		io.Copy(io.Discard, conn)
	}
}

// endless sends a line that does not end.
func (s *Crowd) endless(n int) {
	conn := s.dial("endless lines", s.pop3, n, crowding(n))
	if conn == nil {
		return
	}
	defer s.drop(conn)
	for chunk := bytes.Repeat([]byte("A"), 4096); ; {
		if _, err := conn.Write(chunk); err != nil {
			return
		}
	}
}

// hoard logs in, requests a large message and does not read it.
func (s *Crowd) hoard(n int) {
	conn := s.dial("unread downloads", s.pop3, n, 10)
	if conn == nil {
		return
	}
	conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "USER %s\r\nPASS %s\r\nRETR 1\r\n", s.user, s.password)
}
