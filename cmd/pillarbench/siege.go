package main

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

// A wave is one kind of hostile client, all of which come at once.
type wave struct {
	name  string
	count int // of a whole run
	width int // how many are at work at a time
	each  func(s *siege, n int)
}

// waves are those of a run. A client that does not hang up itself stays until the end, or until the box hangs up.
var waves = [...]wave{
	// name, count, at a time, what each does
	{"idle connections", 2000, 200, (*siege).idle},
	{"slow logins", 1000, 1000, (*siege).trickle},
	{"half-open TLS handshakes", 500, 100, (*siege).halfOpen},
	{"bad logins", 10000, 64, (*siege).guess},
	{"garbage connections", 20000, 64, (*siege).garbage},
	{"endless lines", 200, 200, (*siege).endless},
	{"unread downloads", 100, 20, (*siege).hoard},
}

const (
	// stubbornness is how long a hostile client goes on, at most.
	stubbornness = 20 * time.Second
	// hoardOctets is the size of the mail that is asked for and not read.
	hoardOctets = 8 << 20
	// guesses is how many wrong passwords one connection tries.
	guesses = 5
)

// A siege is all hostile clients of one run.
type siege struct {
	pop3, tls string // addresses
	user      string // whose password the hoarders have

	next atomic.Uint32 // of addresses
	over chan struct{} // closed when they all have to go

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	counts map[string]*tally
}

// A tally is what became of the clients of a wave.
type tally struct{ came, refused atomic.Int64 }

func newSiege(b *box, tls, user string) *siege {
	s := &siege{pop3: b.pop3, tls: tls, user: user, over: make(chan struct{}), open: map[net.Conn]struct{}{}, counts: map[string]*tally{}}
	for _, w := range waves {
		s.counts[w.name] = &tally{}
	}
	return s
}

// run lets all waves come and returns when every client has done what it does; one in so many of them comes.
func (s *siege) run(part int) {
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

// end makes all who are held go.
func (s *siege) end() {
	close(s.over)
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		conn.Close()
	}
}

// address returns the n-th of so many addresses of loopback, or for 0 one that nobody had. The good client
// has 127.0.0.1.
func (s *siege) address(n, of int) *net.TCPAddr {
	if of == 0 {
		n = 1<<16 + int(s.next.Add(1))
	} else {
		n %= of
	}
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
}

// dial connects from one of so many addresses; nil: the box let nobody in.
func (s *siege) dial(wave string, to string, n, of int) net.Conn {
	s.counts[wave].came.Add(1)
	d := net.Dialer{LocalAddr: s.address(n+1, of), Timeout: patience}
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

func (s *siege) drop(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
}

// crowding gives every second client an address of its own; the others share a few, so that limits by
// address and limits in all are both met.
func crowding(n int) (of int) {
	if n%2 == 0 {
		return 0
	}
	return 16
}

func (s *siege) idle(n int) { s.dial("idle connections", s.pop3, n, crowding(n)) }

func (s *siege) halfOpen(n int) {
	if conn := s.dial("half-open TLS handshakes", s.tls, n, crowding(n)); conn != nil {
		conn.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")) // the head of a hello of 512 octets
	}
}

// trickle says one octet of a login a second.
func (s *siege) trickle(n int) {
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

// guess tries one wrong password: a few on each connection, as many from each address.
func (s *siege) guess(n int) {
	if n%guesses != 0 {
		s.counts["bad logins"].came.Add(1)
		return // the one before does it
	}
	conn := s.dial("bad logins", s.pop3, n, 0)
	if conn == nil {
		return
	}
	defer s.drop(conn)
	var answer [512]byte
	for tried := range guesses {
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

// garbage sends noise and waits until the box hangs up.
func (s *siege) garbage(n int) {
	conn := s.dial("garbage connections", s.pop3, n, crowding(n))
	if conn == nil {
		return
	}
	defer s.drop(conn)
	noise := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	octets := make([]byte, 16+n%2000)
	noise.Read(octets)
	conn.SetDeadline(time.Now().Add(2 * time.Second)) // some of it means nothing yet
	if _, err := conn.Write(octets); err == nil {
		io.Copy(io.Discard, conn)
	}
}

// endless sends a line that does not end.
func (s *siege) endless(n int) {
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

// hoard logs in, asks for a large mail and does not read it.
func (s *siege) hoard(n int) {
	conn := s.dial("unread downloads", s.pop3, n, 10)
	if conn == nil {
		return
	}
	conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "USER %s\r\nPASS %s\r\nRETR 1\r\n", s.user, password)
}
