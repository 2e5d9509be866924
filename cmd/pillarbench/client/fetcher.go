package client

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Password is the password of every account that a benchmark or test makes. It has no blanks,
// because Mailpit accepts none.
const Password = "bench-bench-bench"

// MaxConnections is the largest number of connections that deliver mail at a time. Each has a
// mailbox of its own.
const MaxConnections = 16

// Mailbox returns the name of the i-th connection's mailbox. Each connection has its own, so that
// no server waits for the lock of a mailbox.
func Mailbox(i int) string { return fmt.Sprintf("bench%d", i) }

// Mailboxes are the mailboxes of the tests that look for lost messages.
var Mailboxes = [...]string{"anna", "bert"}

// fetchBuffer is how much a Fetcher reads at a time. It is large because the client's cost is not
// measured.
const fetchBuffer = 256 << 10

// A fetcher retrieves messages as fast as the server sends them. It computes the length of each
// reply, and checks that the reply ends with the line of one dot.
type fetcher struct {
	conn    net.Conn
	buffer  []byte
	command []byte
	lengths []int64 // of the replies to RETR, by message number - 1
	next    int     // message number - 1
}

// OverTLS begins TLS without verifying the server's certificate.
func OverTLS(conn net.Conn) net.Conn { return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) }

// dialFetcher connects, logs in if user is not "", and retrieves each of the messages once to learn
// the length of the reply.
func dialFetcher(address string, secure bool, user string, messages int) (*fetcher, error) {
	conn, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	if secure {
		conn = OverTLS(conn)
	}
	f := &fetcher{conn: conn, buffer: make([]byte, fetchBuffer), lengths: make([]int64, messages)}
	if err := f.prepare(user); err != nil {
		conn.Close()
		return nil, err
	}
	return f, nil
}

func (f *fetcher) prepare(user string) error {
	var said []string
	if user != "" {
		said = []string{"", "USER " + user + "\r\n", "PASS " + Password + "\r\n"}
	}
	for _, command := range said {
		if err := f.converse(command); err != nil {
			return err
		}
	}
	for i := range f.lengths {
		var err error
		if f.lengths[i], err = f.measure(i + 1); err != nil {
			return err
		}
	}
	return nil
}

// converse sends a command, unless it is empty, and reads a reply of one line.
func (f *fetcher) converse(command string) error {
	f.conn.SetDeadline(time.Now().Add(Patience))
	if _, err := io.WriteString(f.conn, command); err != nil {
		return err
	}
	n, err := f.conn.Read(f.buffer)
	if err == nil && !(bytes.HasPrefix(f.buffer[:n], []byte("+OK")) && f.buffer[n-1] == '\n') {
		err = fmt.Errorf("pop3: %q", f.buffer[:n])
	}
	return err
}

// BlockEnd is the end of a multi-line reply.
const BlockEnd = "\r\n.\r\n"

// measure retrieves message n and returns the length of the reply.
func (f *fetcher) measure(n int) (int64, error) {
	f.conn.SetDeadline(time.Now().Add(Patience))
	if _, err := fmt.Fprintf(f.conn, "RETR %d\r\n", n); err != nil {
		return 0, err
	}
	var length int64
	tail := make([]byte, 0, 2*len(BlockEnd))
	for {
		got, err := f.conn.Read(f.buffer)
		if err != nil {
			return 0, err
		}
		if length == 0 && !bytes.HasPrefix(f.buffer[:got], []byte("+OK")) {
			return 0, fmt.Errorf("pop3: RETR %d: %q", n, f.buffer[:min(got, 100)])
		}
		length += int64(got)
		tail = append(tail, f.buffer[max(0, got-len(BlockEnd)):got]...)
		tail = tail[max(0, len(tail)-len(BlockEnd)):]
		if string(tail) == BlockEnd {
			return length, nil
		}
	}
}

// fetch retrieves the next messages, as many as pipelined says, with one write of commands. After
// the last message it continues with the first.
func (f *fetcher) fetch(pipelined int) (octets int64, err error) {
	f.command = f.command[:0]
	for range pipelined {
		f.command = append(strconv.AppendInt(append(f.command, "RETR "...), int64(f.next+1), 10), "\r\n"...)
		octets += f.lengths[f.next]
		f.next = (f.next + 1) % len(f.lengths)
	}
	f.conn.SetDeadline(time.Now().Add(Patience))
	if _, err := f.conn.Write(f.command); err != nil {
		return 0, err
	}
	for left := octets; left > 0; {
		n, err := f.conn.Read(f.buffer[:min(left, fetchBuffer)])
		if err != nil {
			return 0, err
		}
		if left -= int64(n); left == 0 && n >= len(BlockEnd) && !bytes.HasSuffix(f.buffer[:n], []byte(BlockEnd)) {
			return 0, fmt.Errorf("pop3: a reply ends with %q", f.buffer[n-len(BlockEnd):n])
		}
	}
	return octets, nil
}

func (f *fetcher) close() { f.conn.Close() }

// Fetchers are sessions on one server that retrieve messages at the same time.
type Fetchers []*fetcher

// DialFetchers opens sessions, each with its own mailbox. If user is "", they do not log in.
func DialFetchers(address string, secure bool, user string, sessions, messages int) (Fetchers, error) {
	var c Fetchers
	for i := range sessions {
		name := ""
		if user != "" {
			name = Mailbox(i)
		}
		f, err := dialFetcher(address, secure, name, messages)
		if err != nil {
			c.Close()
			return nil, err
		}
		c = append(c, f)
	}
	return c, nil
}

// Fetch retrieves in all sessions until the period is over.
func (c Fetchers) Fetch(period time.Duration, pipelined int) (messages int, octets int64, err error) {
	counts, sums, failures := make([]int, len(c)), make([]int64, len(c)), make([]error, len(c))
	began := time.Now()
	var group sync.WaitGroup
	for i, f := range c {
		group.Go(func() {
			for time.Since(began) < period && failures[i] == nil {
				var n int64
				n, failures[i] = f.fetch(pipelined)
				counts[i] += pipelined
				sums[i] += n
			}
		})
	}
	group.Wait()
	for i := range c {
		messages += counts[i]
		octets += sums[i]
	}
	return messages, octets, errors.Join(failures...)
}

func (c Fetchers) Close() {
	for _, f := range c {
		f.close()
	}
}
