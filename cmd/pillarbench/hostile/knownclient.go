package hostile

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// The mailbox of goodUser has a small message, that of hoardUser a large one.
const goodUser, hoardUser = "anna", "otto"

// Patience is how long a known client waits for a reply where Options do not say it.
const Patience = 10 * time.Second

// A knownClient polls the server and delivers messages to it, and measures the time of each reply.
type knownClient struct {
	pop3, pop3s, smtp string        // addresses
	from              netip.Addr    // local address; the zero Addr is any
	distance          time.Duration // delay before each write
	octets            int           // size of the messages that it delivers
	patience          time.Duration // how long it waits for a reply

	slowest   time.Duration // slowest reply since forget
	slowestTo string        // command of that reply
	travelled time.Duration // sum of all delays
}

// forget forgets the slowest reply.
func (c *knownClient) forget() { c.slowest, c.slowestTo = 0, "" }

// A stopwatch measures the replies on one connection, without the delays.
type stopwatch struct {
	client    *knownClient
	began     time.Time
	travelled time.Duration
	worst     time.Duration
}

func (c *knownClient) stopwatch() *stopwatch {
	return &stopwatch{client: c, began: time.Now(), travelled: c.travelled}
}

// answered records that a reply has come.
func (w *stopwatch) answered(to string) {
	took := time.Since(w.began) - (w.client.travelled - w.travelled)
	w.worst = max(w.worst, took)
	if took > w.client.slowest {
		w.client.slowest, w.client.slowestTo = took, to
	}
	w.began, w.travelled = time.Now(), w.client.travelled
}

// dial connects. Each deadline of the connection is its patience from now.
func (c *knownClient) dial(to string) (net.Conn, error) {
	d := net.Dialer{Timeout: c.patience}
	if c.from.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: c.from.AsSlice()}
	}
	conn, err := d.Dial("tcp", to)
	if err != nil {
		return nil, err
	}
	return &distantConn{conn, c}, nil
}

// A distantConn is a connection that delays each write.
type distantConn struct {
	net.Conn
	client *knownClient
}

func (d *distantConn) SetDeadline(time.Time) error {
	return d.Conn.SetDeadline(time.Now().Add(d.client.patience))
}

func (d *distantConn) Write(b []byte) (int, error) {
	if d.client.distance > 0 {
		began := time.Now()
		time.Sleep(d.client.distance)
		d.client.travelled += time.Since(began)
	}
	return d.Conn.Write(b)
}

// poll retrieves the first message, over TLS if n is odd. It returns the time of the slowest reply.
func (c *knownClient) poll(n int) (time.Duration, error) {
	w := c.stopwatch()
	err := c.fetch(n, w)
	return w.worst, err
}

func (c *knownClient) fetch(n int, w *stopwatch) error {
	to := c.pop3
	if n%2 == 1 {
		to = c.pop3s
	}
	conn, err := c.dial(to)
	if err != nil {
		return err
	}
	if n%2 == 1 {
		conn = client.OverTLS(conn)
	}
	r := client.NewPOP3(conn)
	defer r.Close()
	if _, err := r.Reply(); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	w.answered("the connection")
	for _, command := range []string{"USER " + goodUser, "PASS " + client.Password, "STAT"} {
		if err := r.Command(command); err != nil {
			return fmt.Errorf("%.4s: %w", command, err)
		}
		w.answered(command[:4])
	}
	mail, err := r.Retrieve(1)
	if err != nil {
		return fmt.Errorf("RETR: %w", err)
	}
	w.answered("RETR")
	if _, err := client.Verify(mail); err != nil {
		return err
	}
	err = r.Command("QUIT")
	w.answered("QUIT")
	return err
}

// send delivers a message. It returns the time of the slowest reply.
func (c *knownClient) send() (time.Duration, error) {
	w := c.stopwatch()
	err := c.deliver(w)
	return w.worst, err
}

func (c *knownClient) deliver(w *stopwatch) error {
	conn, err := c.dial(c.smtp)
	if err != nil {
		return err
	}
	s := client.NewSender(conn)
	defer s.Close()
	conn.SetDeadline(time.Time{})
	if err := s.Hello("EHLO"); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	w.answered("EHLO")
	if err := s.Envelope([]string{goodUser + "@home.arpa"}); err != nil {
		return err
	}
	w.answered("DATA")
	if err := s.Say(client.Message{Number: 3, Octets: c.octets}.Wire()); err != nil {
		return err
	}
	err = s.Expect("250")
	w.answered("the end of data")
	return err
}
