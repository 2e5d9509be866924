package admin

import (
	"cmp"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"pillarbox/appliance/transfer"
)

// A Client asks a Server. It is used by one goroutine. After an error it is good for Close only.
type Client struct {
	conn net.Conn
	talk *talk
	last func() error // for Close; may be nil
}

// NewClient returns a client on a stream. closed, which may be nil, is called once by Close, after
// the stream is closed.
func NewClient(conn net.Conn, closed func() error) *Client {
	return &Client{conn, newTalk(conn), closed}
}

// Close hangs up.
func (c *Client) Close() error {
	err := c.conn.Close()
	if c.last != nil {
		err = errors.Join(err, c.last())
		c.last = nil
	}
	return err
}

// read reads a line; an error of the server becomes an error with its text.
func (c *Client) read() (verb string, words []string, err error) {
	verb, words, err = c.talk.read()
	switch {
	case err == io.EOF:
		return "", nil, errors.New("the server closed the connection: it was stopped; try again when it runs")
	case err != nil:
		return "", nil, err
	case verb == "error" && len(words) == 1:
		return "", nil, errors.New(words[0])
	}
	return verb, words, nil
}

// Stat asks how the spool is.
func (c *Client) Stat() (*Stat, error) {
	if err := c.talk.send("stat"); err != nil {
		return nil, err
	}
	s := &Stat{}
	for {
		verb, words, err := c.read()
		if err != nil {
			return nil, err
		}
		switch {
		case verb == "done":
			return s, nil
		case verb == "value" && len(words) == 2:
			err = s.set(words[0], words[1])
		case verb == "account" && len(words) == 3:
			s.Accounts, err = appendMailbox(s.Accounts, words)
		case verb == "orphan" && len(words) == 3:
			s.Orphans, err = appendMailbox(s.Orphans, words)
		default:
			err = errProtocol
		}
		if err != nil {
			return nil, err
		}
	}
}

// set stores a figure; one that this version does not know is left out.
func (s *Stat) set(name, value string) (err error) {
	for _, v := range s.Values() {
		switch {
		case v.Name != name:
		case v.Number != nil:
			*v.Number, err = strconv.ParseInt(value, 10, 64)
		default:
			*v.Text = value
		}
	}
	return err
}

func appendMailbox(list []Mailbox, words []string) ([]Mailbox, error) {
	numbers, err := parseNumbers(words[1:], 2)
	if err != nil {
		return nil, err
	}
	return append(list, Mailbox{words[0], numbers[0], numbers[1]}), nil
}

func parseNumbers(words []string, want int) ([]int64, error) {
	if len(words) != want {
		return nil, errProtocol
	}
	numbers := make([]int64, want)
	for i, word := range words {
		var err error
		if numbers[i], err = strconv.ParseInt(word, 10, 64); err != nil {
			return nil, errProtocol
		}
	}
	return numbers, nil
}

// A Damage is a mail that does not verify.
type Damage struct{ Mailbox, UID string } // the account, or the key of an orphan

// A Report is what a verification found.
type Report struct {
	Messages, Bytes int64
	// Lost is how many records did not verify since the start, including those of Damaged that were
	// noticed before.
	Lost    int64
	Damaged []Damage
}

// Verify has every message read. progress is called for some of the steps.
func (c *Client) Verify(progress func(done, total int64)) (*Report, error) {
	r := &Report{}
	words, err := c.watch("verify", progress, func(words []string) error {
		if len(words) != 2 {
			return errProtocol
		}
		r.Damaged = append(r.Damaged, Damage{words[0], words[1]})
		return nil
	})
	if err != nil {
		return nil, err
	}
	numbers, err := parseNumbers(words, 3)
	if err != nil {
		return nil, err
	}
	r.Messages, r.Bytes, r.Lost = numbers[0], numbers[1], numbers[2]
	return r, nil
}

// Compact has messages moved together. progress is called with the number of free slots.
func (c *Client) Compact(progress func(free int64)) error {
	_, err := c.watch("compact", func(free, _ int64) { progress(free) }, func([]string) error { return errProtocol })
	return err
}

// Hold keeps the slots of the spool from being used again while copy runs. An error of copy comes
// back as it is; any other one means that the copy may lack mail.
func (c *Client) Hold(copy func() error) error {
	if err := c.talk.send("hold"); err != nil {
		return err
	}
	if verb, _, err := c.read(); err != nil || verb != "held" {
		return cmp.Or(err, errProtocol)
	}
	failed := copy()
	if err := c.talk.send("release"); err != nil {
		return cmp.Or(failed, err)
	}
	verb, _, err := c.read()
	if err == nil && verb != "done" {
		err = errProtocol
	}
	return cmp.Or(failed, err)
}

// reloadPatience is how long a server may take to read its files.
const reloadPatience = 10 * time.Second

// Reload has the server read its files again: when it returns nil, accounts that were changed
// before are in force. The error is what the server refused.
func (c *Client) Reload() error {
	if err := c.conn.SetDeadline(time.Now().Add(reloadPatience)); err != nil {
		return err
	}
	if err := c.talk.send("reload"); err != nil {
		return err
	}
	verb, _, err := c.read()
	if err == nil && verb != "done" {
		err = errProtocol
	}
	return cmp.Or(err, c.conn.SetDeadline(time.Time{}))
}

// watch asks and follows the progress to the end, whose words it returns.
func (c *Client) watch(ask string, progress func(done, total int64), damaged func(words []string) error) ([]string, error) {
	if err := c.talk.send(ask); err != nil {
		return nil, err
	}
	for {
		verb, words, err := c.read()
		if err != nil {
			return nil, err
		}
		switch verb {
		case "progress":
			numbers, err := parseNumbers(words, 2)
			if err != nil {
				return nil, err
			}
			progress(numbers[0], numbers[1])
		case "damaged":
			if err := damaged(words); err != nil {
				return nil, err
			}
		case "done":
			return words, nil
		default:
			return nil, errProtocol
		}
	}
}

// Export gives the mail of an account to a taker; where key is not "", that of the mailbox of that
// key.
func (c *Client) Export(account, key string, to transfer.Taker) error {
	ask := []any{"export", account}
	if key != "" {
		ask = []any{"export", "-key", key}
	}
	if err := c.talk.send(ask...); err != nil {
		return err
	}
	for {
		verb, words, err := c.read()
		if err != nil {
			return err
		}
		if verb == "done" {
			return nil
		}
		if verb != "offer" || len(words) != 2 {
			return errProtocol
		}
		octets, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return errProtocol
		}
		if !to.Wants(words[0], octets) {
			err = c.talk.send("skip")
		} else if err = c.talk.send("take"); err == nil {
			err = c.taken(words[0], to)
		}
		if err != nil {
			return err
		}
	}
}

// taken hands one mail to the taker.
func (c *Client) taken(uid string, to transfer.Taker) error {
	verb, words, err := c.read()
	switch {
	case err != nil:
		return err
	case verb == "damaged":
		to.Damaged(uid)
		return nil
	case verb == "gone":
		return nil
	case verb != "mail" || len(words) < 2 || len(words) > 3:
		return errProtocol
	}
	seconds, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return errProtocol
	}
	o := transfer.Origin{From: words[0], Received: time.Unix(seconds, 0), Seen: len(words) == 3 && words[2] == seen}
	from := &content{talk: c.talk}
	if err := to.Take(uid, o, from); err != nil {
		return err
	}
	if err := from.drain(); err != nil {
		return err
	}
	return c.talk.send("kept")
}
