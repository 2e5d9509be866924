package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// Visitors are sessions of one kind. They come from many addresses, for servers count by address.
type visitors struct {
	name    string
	address string
	secure  bool // TLS from the first octet
	login   func(i int) (user, secret string)
}

// visit connects and logs in as the i-th.
func (v visitors) visit(i int) (*reader, error) {
	from := net.Dialer{LocalAddr: visitorAddress(i), Timeout: patience}
	conn, err := from.Dial("tcp", v.address)
	if err != nil {
		return nil, err
	}
	if v.secure {
		conn = overTLS(conn)
	}
	r := &reader{conn: conn, in: bufio.NewReader(conn)}
	if _, err = r.line(); err == nil {
		user, secret := v.login(i)
		if err = r.command("USER " + user); err == nil {
			err = r.command("PASS " + secret)
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// visitorAddress is one of loopback that no other program has. Eight sessions share it, as many as a household's
// devices may well have, and fewer than any server refuses.
func visitorAddress(i int) *net.TCPAddr {
	i /= 8
	return &net.TCPAddr{IP: net.IPv4(127, 3, byte(1+i/250), byte(1+i%250))}
}

// burst lets so many sessions come and go, a few at a time. Each fetches message n, if there is one.
func (v visitors) burst(sessions, width, n int) error {
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
func (v visitors) fetch(i, n int) error {
	r, err := v.visit(i)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.command("STAT"); err != nil {
		return err
	}
	if n > 0 {
		if _, err := r.retrieve(n); err != nil {
			return err
		}
	}
	return r.command("QUIT")
}

// A company is sessions that stay.
type company struct {
	visitors
	open []*reader
}

// grow lets more come until there are so many.
func (c *company) grow(sessions int) error {
	for len(c.open) < sessions {
		r, err := c.visit(len(c.open))
		if err != nil {
			return err
		}
		c.open = append(c.open, r)
	}
	return nil
}

// ask lets each ask for message n and read nothing of it.
func (c *company) ask(n int) error {
	for _, r := range c.open {
		if tcp, ok := r.conn.(*net.TCPConn); ok {
			tcp.SetReadBuffer(4096) // else the kernel reads some megabytes for it
		}
		if _, err := fmt.Fprintf(r.conn, "RETR %d\r\n", n); err != nil {
			return err
		}
	}
	return nil
}

// leave hangs up on the server.
func (c *company) leave() {
	for _, r := range c.open {
		r.close()
	}
	c.open = nil
}
