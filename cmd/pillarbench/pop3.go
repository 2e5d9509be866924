package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"time"
)

// A reader is one POP3 session (RFC 1939) in the TRANSACTION state.
type reader struct {
	conn net.Conn
	in   *bufio.Reader
}

// dialPOP3 connects and logs in.
func dialPOP3(address, user, password string) (*reader, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn, in: bufio.NewReader(conn)}
	_, err = r.line()
	for _, command := range []string{"USER " + user, "PASS " + password} {
		if err == nil {
			err = r.command(command)
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// uids returns the unique-ids of the maildrop by message number, 1 first.
func (r *reader) uids() ([]string, error) {
	block, err := r.multiline("UIDL")
	if err != nil {
		return nil, err
	}
	var uids []string
	for line := range bytes.Lines(block) {
		var n int
		var uid string
		if _, err := fmt.Sscanf(string(line), "%d %s\r\n", &n, &uid); err != nil || n != len(uids)+1 {
			return nil, fmt.Errorf("pop3: UIDL line %d is %q", len(uids)+1, line)
		}
		uids = append(uids, uid)
	}
	return uids, nil
}

// retrieve returns message n as stored: CRLF lines, stuffed dots taken off.
func (r *reader) retrieve(n int) ([]byte, error) { return r.multiline(fmt.Sprintf("RETR %d", n)) }

// remove marks messages n and enters the UPDATE state. nil: the box said +OK to QUIT.
func (r *reader) remove(numbers []int) error {
	for _, n := range numbers {
		if err := r.command(fmt.Sprintf("DELE %d", n)); err != nil {
			return err
		}
	}
	return r.command("QUIT")
}

func (r *reader) close() { r.conn.Close() }

func (r *reader) multiline(command string) ([]byte, error) {
	if err := r.command(command); err != nil {
		return nil, err
	}
	var block []byte
	for {
		line, err := r.in.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if string(line) == ".\r\n" {
			return block, nil
		}
		block = append(block, bytes.TrimPrefix(line, []byte("."))...)
	}
}

func (r *reader) command(command string) error {
	r.conn.SetDeadline(time.Now().Add(patience))
	if _, err := r.conn.Write([]byte(command + "\r\n")); err != nil {
		return err
	}
	_, err := r.line()
	return err
}

// line reads a status line and returns an error when it is not +OK.
func (r *reader) line() (string, error) {
	r.conn.SetDeadline(time.Now().Add(patience))
	line, err := r.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "+OK") {
		return "", fmt.Errorf("pop3: %q", line)
	}
	return line, nil
}
