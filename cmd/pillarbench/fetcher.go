package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// fetchBuffer is how much a fetcher reads at a time: as large as a client can have it, for its cost is not measured.
const fetchBuffer = 256 << 10

// A fetcher retrieves mail as fast as it comes. It knows how long each reply must be, and that it ends in the dot.
type fetcher struct {
	conn    net.Conn
	buffer  []byte
	command []byte
	lengths []int64 // of the replies to RETR, by message number - 1
	next    int     // message
}

// overTLS begins TLS as a client that knows its server.
func overTLS(conn net.Conn) net.Conn { return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) }

// dialFetcher connects and logs in where there is a user, then retrieves each of the mails once, alone.
func dialFetcher(address string, secure bool, user string, mails int) (*fetcher, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	if secure {
		conn = overTLS(conn)
	}
	f := &fetcher{conn: conn, buffer: make([]byte, fetchBuffer), lengths: make([]int64, mails)}
	if err := f.learn(user); err != nil {
		conn.Close()
		return nil, err
	}
	return f, nil
}

func (f *fetcher) learn(user string) error {
	var said []string
	if user != "" {
		said = []string{"", "USER " + user + "\r\n", "PASS " + password + "\r\n"}
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

// converse says a command, unless it is empty, and hears one line.
func (f *fetcher) converse(command string) error {
	f.conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(f.conn, command); err != nil {
		return err
	}
	n, err := f.conn.Read(f.buffer)
	if err == nil && !(bytes.HasPrefix(f.buffer[:n], []byte("+OK")) && f.buffer[n-1] == '\n') {
		err = fmt.Errorf("pop3: %q", f.buffer[:n])
	}
	return err
}

// blockEnd is how a reply of many lines ends.
const blockEnd = "\r\n.\r\n"

// measure retrieves message n and returns how long the reply is.
func (f *fetcher) measure(n int) (int64, error) {
	f.conn.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(f.conn, "RETR %d\r\n", n); err != nil {
		return 0, err
	}
	var length int64
	tail := make([]byte, 0, 2*len(blockEnd))
	for {
		got, err := f.conn.Read(f.buffer)
		if err != nil {
			return 0, err
		}
		if length == 0 && !bytes.HasPrefix(f.buffer[:got], []byte("+OK")) {
			return 0, fmt.Errorf("pop3: RETR %d: %q", n, f.buffer[:min(got, 100)])
		}
		length += int64(got)
		tail = append(tail, f.buffer[max(0, got-len(blockEnd)):got]...)
		tail = tail[max(0, len(tail)-len(blockEnd)):]
		if string(tail) == blockEnd {
			return length, nil
		}
	}
}

// fetch retrieves the next so many mails, round and round, with one write of commands.
func (f *fetcher) fetch(pipelined int) (octets int64, err error) {
	f.command = f.command[:0]
	for range pipelined {
		f.command = append(strconv.AppendInt(append(f.command, "RETR "...), int64(f.next+1), 10), "\r\n"...)
		octets += f.lengths[f.next]
		f.next = (f.next + 1) % len(f.lengths)
	}
	f.conn.SetDeadline(time.Now().Add(patience))
	if _, err := f.conn.Write(f.command); err != nil {
		return 0, err
	}
	for left := octets; left > 0; {
		n, err := f.conn.Read(f.buffer[:min(left, fetchBuffer)])
		if err != nil {
			return 0, err
		}
		if left -= int64(n); left == 0 && n >= len(blockEnd) && !bytes.HasSuffix(f.buffer[:n], []byte(blockEnd)) {
			return 0, fmt.Errorf("pop3: a reply ends with %q", f.buffer[n-len(blockEnd):n])
		}
	}
	return octets, nil
}

func (f *fetcher) close() { f.conn.Close() }
