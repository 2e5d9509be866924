package popclient

import (
	"bytes"
	"fmt"
	"slices"
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
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return c.die(session.Errorf(session.Protocol, "STAT: the server answered %q", session.Printable(string(text))))
	}
	count, err := strconv.ParseUint(words[0], 10, 31)
	size, failed := strconv.ParseUint(words[1], 10, 62)
	if err != nil || failed != nil {
		return c.die(session.Errorf(session.Protocol, "STAT: the server answered %q", session.Printable(string(text))))
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
		if err := each(session.Message{Ref: uint64(n + 1), ID: uids[n], Octets: octets}); err != nil {
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
	err := c.lines(session.MostMessages, func(line []byte) error {
		n, rest, err := c.numbered(line)
		if err != nil {
			return err
		}
		octets, err := strconv.ParseUint(string(rest), 10, 62)
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

// uids reads UIDL. The name of message n is at index n-1; it is "" if its unique-id is invalid or
// occurs twice.
func (c *Client) uids(sizes []int64) ([]string, error) {
	if _, err := c.command("UIDL", "UIDL"); err != nil {
		return nil, err
	}
	uids, listed := make([]string, len(sizes)), 0
	seen := make([]bool, len(sizes))
	err := c.lines(session.MostMessages, func(line []byte) error {
		n, uid, err := c.numbered(line)
		if err != nil {
			return err
		}
		if seen[n-1] {
			return nil // with another unique-id it would be two messages
		}
		seen[n-1] = true
		listed++
		if validUID(uid) {
			uids[n-1] = "pop3 " + string(uid)
		}
		return nil
	})
	if err == nil && listed != c.count {
		err = incomplete("UIDL", listed, c.count)
	}
	clearDuplicates(uids)
	return uids, err
}

// clearDuplicates sets texts that occur more than once to "". A map of them would be as large as
// the texts.
func clearDuplicates(texts []string) {
	order := make([]uint32, len(texts))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(texts[a], texts[b]) })
	for first := 0; first < len(order); {
		next := first + 1
		for next < len(order) && texts[order[next]] == texts[order[first]] {
			next++
		}
		if next > first+1 {
			for _, i := range order[first:next] {
				texts[i] = ""
			}
		}
		first = next
	}
}

func incomplete(what string, listed, count int) error {
	return session.Errorf(session.Protocol, "the listing is incomplete: %s has %d of %d messages", what, listed, count)
}

// numbered reads a line that begins with the number of a message.
func (c *Client) numbered(line []byte) (n int, rest []byte, err error) {
	digits, rest, _ := bytes.Cut(line, []byte(" "))
	n, err = strconv.Atoi(string(digits))
	if err != nil || n < 1 || n > c.count {
		return 0, nil, session.Errorf(session.Protocol, "the listing has no message %q of %d", session.Printable(string(digits)), c.count)
	}
	rest = bytes.TrimSpace(rest)
	rest, _, _ = bytes.Cut(rest, []byte(" "))
	return n, rest, nil
}

// validUID reports whether a text is a unique-id (RFC 1939 §7).
func validUID(uid []byte) bool {
	for i := range len(uid) {
		if uid[i] < 0x21 || uid[i] > 0x7e {
			return false
		}
	}
	return len(uid) >= 1 && len(uid) <= 70
}
