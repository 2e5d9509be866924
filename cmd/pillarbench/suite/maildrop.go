package suite

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// deliver delivers a message to the account.
func (s *Server) deliver(message string) error {
	if s.Deliver != "" {
		command := exec.Command("sh", "-c", s.Deliver)
		command.Stdin = strings.NewReader(message)
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", s.Deliver, err, out)
		}
		return nil
	}
	protocol, hello := "smtp", "EHLO suite.example.org"
	if s.Ports["smtp"] == "" {
		protocol, hello = "lmtp", "LHLO suite.example.org"
	}
	c, err := s.speak(protocol)
	if err != nil {
		return fmt.Errorf("delivering: %w", err)
	}
	defer c.conn.Close()
	wire := strings.ReplaceAll("\r\n"+message, "\r\n.", "\r\n..")[2:] + "."
	for _, line := range []string{hello, "MAIL FROM:<bert@example.org>", "RCPT TO:<" + s.Address + ">", "DATA", wire, "QUIT"} {
		if _, err := c.say(line); err != nil {
			return fmt.Errorf("delivering: %w", err)
		}
	}
	return nil
}

// logIn opens a session of the account in the TRANSACTION state.
func (s *Server) logIn() (*speaker, error) {
	c, err := s.speak("pop3")
	if err != nil {
		return nil, err
	}
	for _, line := range []string{"USER " + s.User, "PASS " + s.Password} {
		if _, err := c.say(line); err != nil {
			c.conn.Close()
			return nil, fmt.Errorf("logging in: %w", err)
		}
	}
	return c, nil
}

// empty deletes all messages of the account, in several sessions if one does not list them all.
func (s *Server) empty() error {
	for {
		deleted, err := s.deleteAll()
		if err != nil || deleted == 0 {
			return err
		}
	}
}

// deleteAll deletes the messages that one session lists.
func (s *Server) deleteAll() (messages int, err error) {
	c, err := s.logIn()
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	if messages, err = c.stat(); err != nil {
		return 0, err
	}
	for n := range messages {
		if _, err := c.say(fmt.Sprintf("DELE %d", n+1)); err != nil {
			return 0, err
		}
	}
	_, err = c.say("QUIT")
	return messages, err
}

// stat returns the number of messages.
func (c *speaker) stat() (messages int, err error) {
	lines, err := c.say("STAT")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscanf(lines[0], "+OK %d ", &messages)
	return messages, err
}

// arrived waits until the maildrop has as many messages.
func (s *Server) arrived(want int) error {
	deadline := time.Now().Add(s.patience())
	for {
		c, err := s.logIn()
		if err != nil {
			return err
		}
		got, err := c.stat()
		if err == nil {
			_, err = c.say("QUIT")
		}
		c.conn.Close()
		if err != nil || got == want {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages are in the maildrop after %v, want %d", got, s.patience(), want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
