package client

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Sessions are POP3 sessions of one kind. They come from many client addresses, because servers
// count sessions by address.
type Sessions struct {
	Name    string
	Address string
	Secure  bool // TLS from the first octet
	Login   func(i int) (user, secret string)
}

// Dial opens the i-th session and logs in.
func (v Sessions) Dial(i int) (*POP3, error) {
	from := net.Dialer{LocalAddr: clientAddress(i), Timeout: Patience}
	conn, err := from.Dial("tcp", v.Address)
	if err != nil {
		return nil, err
	}
	if v.Secure {
		conn = OverTLS(conn)
	}
	r := NewPOP3(conn)
	if _, err = r.Reply(); err == nil {
		user, secret := v.Login(i)
		if err = r.Command("USER " + user); err == nil {
			err = r.Command("PASS " + secret)
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// clientAddress returns a loopback address that no other program uses. Eight sessions share an
// address: as many as the devices of a household may have, and fewer than any server refuses.
func clientAddress(i int) *net.TCPAddr {
	i /= 8
	return &net.TCPAddr{IP: net.IPv4(127, 3, byte(1+i/250), byte(1+i%250))}
}

// Burst opens and ends sessions, at most width at a time. If n is not 0, each retrieves message n.
func (v Sessions) Burst(sessions, width, n int) error {
	var next atomic.Int64
	failures := make([]error, width)
	var group sync.WaitGroup
	for worker := range width {
		group.Go(func() {
			for failures[worker] == nil {
				i := int(next.Add(1)) - 1
				if i >= sessions {
					return
				}
				failures[worker] = v.fetch(i, n)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// fetch is one session of a burst.
func (v Sessions) fetch(i, n int) error {
	r, err := v.Dial(i)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Command("STAT"); err != nil {
		return err
	}
	if n > 0 {
		if _, err := r.Retrieve(n); err != nil {
			return err
		}
	}
	return r.Command("QUIT")
}

// A Crowd is sessions that stay open.
type Crowd struct {
	Sessions
	Conns []*POP3

	stalled int // of Conns
}

// Grow opens sessions until there are as many.
func (c *Crowd) Grow(sessions int) error {
	for len(c.Conns) < sessions {
		r, err := c.Dial(len(c.Conns))
		if err != nil {
			return err
		}
		c.Conns = append(c.Conns, r)
	}
	return nil
}

// Stall requests message n in each session that is not stalled, and reads nothing of it but the
// first line.
func (c *Crowd) Stall(n int) error {
	waiting := c.Conns[c.stalled:]
	for _, r := range waiting {
		if tcp, ok := r.conn.(*net.TCPConn); ok {
			tcp.SetReadBuffer(4096) // otherwise the kernel buffers megabytes
		}
		r.conn.SetDeadline(time.Now().Add(Patience)) // the login of the last may be long after the first
		if _, err := fmt.Fprintf(r.conn, "RETR %d\r\n", n); err != nil {
			return err
		}
	}
	for _, r := range waiting { // a slow server has begun with all of them then
		if _, err := r.Reply(); err != nil {
			return err
		}
	}
	c.stalled = len(c.Conns)
	return nil
}

// Close closes the connections without QUIT.
func (c *Crowd) Close() {
	for _, r := range c.Conns {
		r.Close()
	}
	c.Conns, c.stalled = nil, 0
}
