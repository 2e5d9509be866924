package control

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"strconv"
	"time"
)

// A Client asks a Server. It is used by one goroutine. After an error it is good for Close only.
type Client struct {
	conn net.Conn
	talk *talk
	last func() error // for Close; may be nil
}

// NewClient returns a client on a stream. closed, which may be nil, is called once by Close, after the stream is closed.
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

// hear reads a line; what the server could not do is an error in its words.
func (c *Client) hear() (verb string, words []string, err error) {
	verb, words, err = c.talk.hear()
	switch {
	case err == io.EOF:
		return "", nil, errors.New("the box has hung up: it was stopped; ask again when it runs")
	case err != nil:
		return "", nil, err
	case verb == "error" && len(words) == 1:
		return "", nil, errors.New(words[0])
	}
	return verb, words, nil
}

// Stat asks how the spool is.
func (c *Client) Stat() (*Stat, error) {
	if err := c.talk.say("stat"); err != nil {
		return nil, err
	}
	s := &Stat{}
	for {
		verb, words, err := c.hear()
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
			err = errNonsense
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
		return nil, errNonsense
	}
	numbers := make([]int64, want)
	for i, word := range words {
		var err error
		if numbers[i], err = strconv.ParseInt(word, 10, 64); err != nil {
			return nil, errNonsense
		}
	}
	return numbers, nil
}

// A Damage is a mail that does not verify.
type Damage struct{ Mailbox, UID string } // the account, or the key of an orphan

// A Report is what a verification found.
type Report struct {
	Messages, Bytes int64
	Lost            int64 // records that did not verify since the start, those of Damaged that were noticed before included
	Damaged         []Damage
}

// Verify has every mail read. progress is told of some of the steps.
func (c *Client) Verify(progress func(done, total int64)) (*Report, error) {
	r := &Report{}
	words, err := c.watch("verify", progress, func(words []string) error {
		if len(words) != 2 {
			return errNonsense
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

// Compact has mail moved together. progress is told how many slots are free, after each one.
func (c *Client) Compact(progress func(free int64)) error {
	_, err := c.watch("compact", func(free, _ int64) { progress(free) }, func([]string) error { return errNonsense })
	return err
}

// Hold has the box keep its slots from being used again while copy runs. An error of copy comes back as it is; any other
// one means that the copy may lack mail.
func (c *Client) Hold(copy func() error) error {
	if err := c.talk.say("hold"); err != nil {
		return err
	}
	if verb, _, err := c.hear(); err != nil || verb != "held" {
		return cmp.Or(err, errNonsense)
	}
	failed := copy()
	if err := c.talk.say("release"); err != nil {
		return cmp.Or(failed, err)
	}
	verb, _, err := c.hear()
	if err == nil && verb != "done" {
		err = errNonsense
	}
	return cmp.Or(failed, err)
}

// reloadPatience is how long a box may take to read its files.
const reloadPatience = 10 * time.Second

// Reload has the box read its files anew: when it returns nil, accounts that were changed before are in force. What is bad in a
// file is said in the log of the box alone.
func (c *Client) Reload() error {
	if err := c.conn.SetDeadline(time.Now().Add(reloadPatience)); err != nil {
		return err
	}
	if err := c.talk.say("reload"); err != nil {
		return err
	}
	verb, _, err := c.hear()
	if err == nil && verb != "done" {
		err = errNonsense
	}
	return cmp.Or(err, c.conn.SetDeadline(time.Time{}))
}

// watch asks and follows the progress to the end, whose words it returns.
func (c *Client) watch(ask string, progress func(done, total int64), damaged func(words []string) error) ([]string, error) {
	if err := c.talk.say(ask); err != nil {
		return nil, err
	}
	for {
		verb, words, err := c.hear()
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
			return nil, errNonsense
		}
	}
}

// A Taker keeps what is exported.
type Taker interface {
	// Wants says whether a mail is still to be taken.
	Wants(uid string, octets int64) bool
	// Take keeps a mail: its lines end in LF. An error ends the export.
	Take(uid string, o Origin, content io.Reader) error
	// Damaged is told of a mail that does not verify.
	Damaged(uid string)
}

// Export gives the mail of an account to a taker; where key is not "", that of the mailbox of that key.
func (c *Client) Export(account, key string, to Taker) error {
	ask := []any{"export", account}
	if key != "" {
		ask = []any{"export", "-key", key}
	}
	if err := c.talk.say(ask...); err != nil {
		return err
	}
	for {
		verb, words, err := c.hear()
		if err != nil {
			return err
		}
		if verb == "done" {
			return nil
		}
		if verb != "offer" || len(words) != 2 {
			return errNonsense
		}
		octets, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return errNonsense
		}
		if !to.Wants(words[0], octets) {
			err = c.talk.say("skip")
		} else if err = c.talk.say("take"); err == nil {
			err = c.taken(words[0], to)
		}
		if err != nil {
			return err
		}
	}
}

// taken hands one mail to the taker.
func (c *Client) taken(uid string, to Taker) error {
	verb, words, err := c.hear()
	switch {
	case err != nil:
		return err
	case verb == "damaged":
		to.Damaged(uid)
		return nil
	case verb == "gone":
		return nil
	case verb != "mail" || len(words) != 2:
		return errNonsense
	}
	seconds, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return errNonsense
	}
	from := &content{talk: c.talk}
	if err := to.Take(uid, Origin{words[0], time.Unix(seconds, 0)}, from); err != nil {
		return err
	}
	if err := from.drain(); err != nil {
		return err
	}
	return c.talk.say("kept")
}

// A Letter is a mail that is offered.
type Letter struct {
	Name string // what to call it in a message: a file, or a place in one
	UID  string // "" when it has none; then it is taken however often it is offered
	// Open is called when the letter is wanted. The content may end its lines in LF or CRLF. os.ErrNotExist: it is gone, which harms no other.
	Open func() (Origin, io.ReadCloser, error)
}

// Outcome counts an import.
type Outcome struct {
	Kept, Skipped int
	Refused       []string // the letters that were not taken, with the reason
}

// Import offers letters to the mailbox of an account, one after the other. What was kept is durable, also when an error follows.
// progress is called after each letter.
func (c *Client) Import(account string, letters iter.Seq2[Letter, error], progress func(Outcome)) (o Outcome, err error) {
	if err := c.talk.say("import", account); err != nil {
		return o, err
	}
	for l, err := range letters {
		if err != nil {
			return o, err
		}
		if err := c.offer(l, &o); err != nil {
			return o, err
		}
		progress(o)
	}
	if err := c.talk.say("done"); err != nil {
		return o, err
	}
	verb, _, err := c.hear()
	if err == nil && verb != "done" {
		err = errNonsense
	}
	return o, err
}

// offer offers one letter and sends it if it is wanted.
func (c *Client) offer(l Letter, o *Outcome) error {
	if err := c.talk.say("offer", l.UID, 0); err != nil {
		return c.insteadOf(err)
	}
	verb, _, err := c.hear()
	if err != nil {
		return err
	}
	if verb == "skip" {
		o.Skipped++
		return nil
	}
	if verb != "take" {
		return errNonsense
	}
	err = c.send(l)
	if errors.Is(err, os.ErrNotExist) {
		o.Refused = append(o.Refused, l.Name+": gone since it was found; import once more")
		return c.talk.say("gone")
	}
	if err != nil {
		return err
	}
	verb, words, err := c.hear()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", l.Name, err)
	case verb == "kept":
		o.Kept++
	case verb == "refused" && len(words) == 1:
		o.Refused = append(o.Refused, l.Name+": "+words[0])
	default:
		return errNonsense
	}
	return nil
}

// send sends a letter. One that cannot be read ends the import, and nothing of it is kept.
func (c *Client) send(l Letter) error {
	origin, from, err := l.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	defer from.Close()
	c.talk.add("mail", origin.From, origin.Received.Unix())
	if _, err := io.CopyBuffer(onlyWriter{c.talk}, onlyReader{from}, make([]byte, piece)); err != nil {
		return c.insteadOf(fmt.Errorf("%s: %w", l.Name, err))
	}
	return c.insteadOf(c.talk.end())
}

// onlyWriter hides what a writer can do beside.
type onlyWriter struct{ io.Writer }

// insteadOf returns what the server said before it hung up in the place of the error that this makes of a write.
func (c *Client) insteadOf(err error) error {
	if err == nil {
		return nil
	}
	var gone *net.OpError
	if errors.As(err, &gone) || errors.Is(err, io.ErrClosedPipe) {
		if _, _, said := c.hear(); said != nil {
			return said
		}
	}
	return err
}
