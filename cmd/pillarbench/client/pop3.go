package client

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"time"
)

// A POP3 is a POP3 session (RFC 1939).
type POP3 struct {
	conn net.Conn
	in   *bufio.Reader
}

// DialPOP3 connects and logs in.
func DialPOP3(address, user, password string) (*POP3, error) {
	conn, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	r := NewPOP3(conn)
	_, err = r.Reply()
	for _, command := range []string{"USER " + user, "PASS " + password} {
		if err == nil {
			err = r.Command(command)
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// NewPOP3 returns a session on a connection. It does not read the greeting.
func NewPOP3(conn net.Conn) *POP3 { return &POP3{conn: conn, in: bufio.NewReader(conn)} }

// UIDs returns the unique-ids of the maildrop in the order of message numbers.
func (r *POP3) UIDs() ([]string, error) {
	block, err := r.Multiline("UIDL")
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

// Retrieve returns message n without dot-stuffing.
func (r *POP3) Retrieve(n int) ([]byte, error) { return r.Multiline(fmt.Sprintf("RETR %d", n)) }

// Delete marks messages and enters the UPDATE state. It returns nil if the reply to QUIT was +OK.
func (r *POP3) Delete(numbers []int) error {
	for _, n := range numbers {
		if err := r.Command(fmt.Sprintf("DELE %d", n)); err != nil {
			return err
		}
	}
	return r.Command("QUIT")
}

func (r *POP3) Close() { r.conn.Close() }

func (r *POP3) Multiline(command string) ([]byte, error) {
	if err := r.Command(command); err != nil {
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

// Command sends a command and returns an error when the reply is not +OK.
func (r *POP3) Command(command string) error {
	_, err := r.Ask(command)
	return err
}

// Ask is Command that returns the reply, a status line.
func (r *POP3) Ask(command string) (string, error) {
	if err := r.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	return r.Reply()
}

// Write sends commands, whose replies Reply reads.
func (r *POP3) Write(commands []byte) error {
	r.conn.SetDeadline(time.Now().Add(Patience))
	_, err := r.conn.Write(commands)
	return err
}

// Reply reads a status line and returns an error if it is not +OK.
func (r *POP3) Reply() (string, error) {
	r.conn.SetDeadline(time.Now().Add(Patience))
	line, err := r.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "+OK") {
		return "", fmt.Errorf("pop3: %q", line)
	}
	return line, nil
}

// CountLines reads a multi-line reply to its end and returns the number of lines.
func (r *POP3) CountLines() (lines int, err error) {
	for {
		line, err := r.in.ReadSlice('\n')
		if err != nil || bytes.Equal(line, []byte(".\r\n")) {
			return lines, err
		}
		lines++
	}
}
