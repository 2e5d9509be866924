package popclient

import (
	"fmt"
	"strconv"
	"strings"

	"pillarbox/appliance/remote/session"
)

// Mark returns what STAT says: the number of messages and of their octets.
func (c *Client) Mark() (string, error) {
	if err := c.stat(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %d", c.count, c.size), nil
}

// Find is not possible.
func (c *Client) Find(string) (bool, error) { return false, session.ErrNoSearch }

// stat reads how many messages there are.
func (c *Client) stat() error {
	if c.stated { // the mailbox of a session does not change (RFC 1939 §3)
		return nil
	}
	text, err := c.command("STAT", "STAT")
	if err != nil {
		return err
	}
	words := strings.Fields(text)
	if len(words) < 2 {
		return c.die(session.Errorf(session.Protocol, "STAT: the server answered %q", session.Printable(text)))
	}
	count, err := strconv.ParseUint(words[0], 10, 31)
	size, failed := strconv.ParseUint(words[1], 10, 62)
	if err != nil || failed != nil {
		return c.die(session.Errorf(session.Protocol, "STAT: the server answered %q", session.Printable(text)))
	}
	if count > session.MostMessages {
		return session.Errorf(session.Protocol, "the server lists %d messages, which is more than %d", count, session.MostMessages)
	}
	c.count, c.size, c.stated = int(count), int64(size), true
	return nil
}

// List lists the messages with their unique-ids.
func (c *Client) List(each func(session.Message) error) error {
	if err := c.stat(); err != nil {
		return err
	}
	if c.count == 0 {
		return nil
	}
	sizes, err := c.sizes()
	if err != nil {
		return err
	}
	uids, err := c.uids(sizes)
	if err != nil {
		return err
	}
	for n, octets := range sizes {
		if octets < 0 {
			continue
		}
		m := session.Message{Ref: uint64(n + 1), Octets: octets}
		if uid := uids[n]; uid != "" {
			m.ID = "pop3 " + uid
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// sizes reads LIST. The size of message n is at n-1; -1: the server does not list it.
func (c *Client) sizes() ([]int64, error) {
	if _, err := c.command("LIST", "LIST"); err != nil {
		return nil, err
	}
	sizes, listed := make([]int64, c.count), 0
	for i := range sizes {
		sizes[i] = -1
	}
	err := c.lines(session.MostMessages, func(line string) error {
		n, rest, err := c.numbered(line)
		if err != nil {
			return err
		}
		octets, err := strconv.ParseUint(rest, 10, 62)
		if err != nil {
			octets = 0 // it is a hint only
		}
		if sizes[n-1] < 0 {
			listed++
		}
		sizes[n-1] = int64(octets)
		return nil
	})
	if err == nil && listed != c.count {
		err = incomplete("LIST", listed, c.count)
	}
	return sizes, err
}

// uids reads UIDL. A unique-id that is there twice, or is none, is "".
func (c *Client) uids(sizes []int64) ([]string, error) {
	if _, err := c.command("UIDL", "UIDL"); err != nil {
		return nil, err
	}
	uids, listed := make([]string, len(sizes)), 0
	first := make(map[string]int, len(sizes))
	seen := make([]bool, len(sizes))
	err := c.lines(session.MostMessages, func(line string) error {
		n, uid, err := c.numbered(line)
		if err != nil {
			return err
		}
		if !seen[n-1] {
			seen[n-1] = true
			listed++
		}
		if !validUID(uid) {
			return nil
		}
		if other, twice := first[uid]; twice {
			uids[other-1] = ""
			return nil
		}
		first[uid], uids[n-1] = n, uid
		return nil
	})
	if err == nil && listed != c.count {
		err = incomplete("UIDL", listed, c.count)
	}
	return uids, err
}

func incomplete(what string, listed, count int) error {
	return session.Errorf(session.Protocol, "the listing is incomplete: %s has %d of %d messages", what, listed, count)
}

// numbered reads a line that begins with the number of a message.
func (c *Client) numbered(line string) (n int, rest string, err error) {
	digits, rest, _ := strings.Cut(line, " ")
	n, err = strconv.Atoi(digits)
	if err != nil || n < 1 || n > c.count {
		return 0, "", session.Errorf(session.Protocol, "the listing has no message %q of %d", session.Printable(digits), c.count)
	}
	rest = strings.TrimSpace(rest)
	rest, _, _ = strings.Cut(rest, " ")
	return n, rest, nil
}

// validUID reports whether a text is a unique-id (RFC 1939 §7).
func validUID(uid string) bool {
	for i := range len(uid) {
		if uid[i] < 0x21 || uid[i] > 0x7e {
			return false
		}
	}
	return len(uid) >= 1 && len(uid) <= 70
}
