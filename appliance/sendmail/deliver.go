package sendmail

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"
)

// A Way leads to the box.
type Way struct {
	Network, Address string // as net.Dial takes them
	LMTP             bool
	Guessed          bool // another server may stand there: its greeting has to be that of a pillarbox
}

// A Call is one call of the program.
type Call struct {
	Options *Options
	// Hostname is that of the box: the domain of bare names in the header.
	Hostname string
	// User is who calls, FullName the same in words.
	User, FullName string
	// Ways lead to the box, the best first.
	Ways []Way
	// MaxOctets is the largest letter that the box takes; 0: not known.
	MaxOctets int64
	// Now is what Date says.
	Now time.Time

	Input  io.Reader
	Output io.Writer
}

// Do does what the options say. The error is an *Error.
func (c *Call) Do() error {
	switch c.Options.Mode {
	case ShowQueue:
		_, err := fmt.Fprintln(c.Output, "Mail queue is empty")
		return ioError(err)
	case Nothing:
		return nil
	case Dialogue:
		return c.dialogue()
	}
	return c.deliver()
}

func ioError(err error) error {
	if err == nil {
		return nil
	}
	return fail(ExIOErr, "standard output: %v", err)
}

// A message is a letter that is ready to go.
type message struct {
	options *Options
	sender  string
	to      []string
	header  []byte
	letter  *Letter
	octets  int64
}

func (m *message) beyondASCII() bool {
	return !isASCII(m.sender) || slices.ContainsFunc(m.to, func(to string) bool { return !isASCII(to) })
}

func (c *Call) deliver() error {
	m := &message{options: c.Options}
	if err := m.envelope(c.Options, c.User); err != nil {
		return err
	}
	letter, err := collect(c.Input, c.Options.KeepDots, c.MaxOctets)
	if err != nil {
		return err
	}
	defer letter.Close()
	if c.Options.FromHeader {
		named, err := letter.named()
		if err != nil {
			return err
		}
		m.to = append(m.to, named...)
	}
	if m.to = unique(m.to); len(m.to) == 0 {
		return fail(ExDataErr, "the header names no recipient, and the command line neither")
	}
	name := c.Options.FullName
	if name == "" && !c.Options.Named {
		name = c.FullName
	}
	m.letter = letter
	m.header = letter.finish(author{name, m.sender, c.Hostname}, c.Now)
	m.octets = int64(len(m.header)) + letter.body.octets
	return c.handOver(m)
}

// envelope reads the sender and the recipients of the command line.
func (m *message) envelope(o *Options, user string) error {
	m.sender = user
	if o.Named {
		found, err := addresses(o.Sender)
		if err != nil {
			return err
		}
		switch len(found) {
		case 0:
			m.sender = "" // -f "" and -f "<>": nobody wants an answer
		case 1:
			m.sender = found[0]
		default:
			return fail(ExUsage, "-f names more than one sender")
		}
	}
	for _, word := range o.Recipients {
		found, err := addresses(word)
		if err != nil {
			return err
		}
		m.to = append(m.to, found...)
	}
	if len(m.to) == 0 && !o.FromHeader {
		return fail(ExUsage, "no recipient: name one, or take them from the header with -t")
	}
	return checkNotify(o.Notify)
}

// checkNotify says whether -N has words that NOTIFY= knows.
func checkNotify(words string) error {
	if words == "" {
		return nil
	}
	for word := range strings.SplitSeq(strings.ToUpper(words), ",") {
		if !slices.Contains([]string{"NEVER", "SUCCESS", "FAILURE", "DELAY"}, word) {
			return fail(ExUsage, "-N takes never, or some of success, failure, delay, with commas")
		}
	}
	return nil
}

// unique leaves out what is there already.
func unique(to []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(to, func(one string) bool {
		twice := seen[one]
		seen[one] = true
		return twice
	})
}

// ways returns the ways in the order in which they are tried: LMTP does not offer receipts, so who wants one goes by
// SMTP if that is possible.
func (c *Call) ways() []Way {
	ways := slices.Clone(c.Ways)
	if o := c.Options; o.Notify != "" && !strings.EqualFold(o.Notify, "never") {
		sort.SliceStable(ways, func(i, j int) bool { return !ways[i].LMTP && ways[j].LMTP })
	}
	return ways
}

// handOver tries the ways until one answers.
func (c *Call) handOver(m *message) error {
	box, err := c.reach(c.ways())
	if err != nil {
		return err
	}
	defer box.close()
	err = transact(box, m, c.Hostname)
	var quiet silence
	if errors.As(err, &quiet) {
		return fail(ExTempFail, "the box at %s: %v; the letter may have been taken or not", box.way.Address, err)
	}
	box.say("QUIT") // whatever it says to that
	return err
}

// reach connects by the first way that answers.
func (c *Call) reach(ways []Way) (*client, error) {
	var tried []string
	for _, way := range ways {
		box, err := dial(way)
		if err == nil {
			return box, nil
		}
		tried = append(tried, fmt.Sprintf("%s: %v", way.Address, err))
	}
	if len(ways) == 0 {
		return nil, fail(ExNoPerm, "no way to the box is open without a login: set smtp.listen_lmtp to a socket, as unix:/run/pillarbox/lmtp.sock")
	}
	return nil, fail(ExTempFail, "the box does not answer; does it run? (%s)", strings.Join(tried, "; "))
}
