package sendmail

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"pillarbox/appliance/names"
)

// A Way is an address where the server may be reached.
type Way struct {
	Network, Address string // as net.Dial takes them
	LMTP             bool
	Guessed          bool // the configuration is not known: only pillarbox's greeting is accepted
}

// A Call is one run of the program.
type Call struct {
	Options *Options
	// Hostname is the server's name: the domain of addresses in the header that have none.
	Hostname string
	// User is the name of the user that runs the program, FullName the display name of that user.
	User, FullName string
	// Ways are the addresses of the server, the best first.
	Ways []Way
	// ServerUsers are the ids of the users that the server may run as. If it is nil, the server may
	// run as any user.
	ServerUsers []int
	// MaxOctets is the largest message that the server accepts; 0 if it is not known.
	MaxOctets int64
	// Now is the time for the Date field.
	Now time.Time

	Input  io.Reader
	Output io.Writer
}

// Do runs the program. The error is an *Error.
func (c *Call) Do() error {
	switch c.Options.Mode {
	case ShowQueue:
		_, err := fmt.Fprintln(c.Output, "Mail queue is empty")
		return ioError(err)
	case Nothing:
		return nil
	case Dialogue:
		return c.speakSMTP()
	}
	return c.deliver()
}

func ioError(err error) error {
	if err == nil {
		return nil
	}
	return fail(ExIOErr, "standard output: %v", err)
}

// A message is a message that is ready to be sent.
type message struct {
	options *Options
	sender  string
	to      []string
	header  []byte
	input   *Input
	octets  int64
}

func (m *message) beyondASCII() bool {
	return !names.IsASCII(m.sender) || slices.ContainsFunc(m.to, func(to string) bool { return !names.IsASCII(to) })
}

func (c *Call) deliver() error {
	m, out := &message{options: c.Options}, &outcome{}
	var err error
	if out.refused, err = m.envelope(c.Options, c.User); err != nil {
		return err
	}
	if len(m.to) == 0 && !c.Options.FromHeader {
		return out.err()
	}
	input, err := collect(c.Input, c.Options.KeepDots, c.MaxOctets)
	if err != nil {
		return err
	}
	defer input.Close()
	if c.Options.FromHeader {
		named, bad := input.named()
		m.to, out.refused = append(m.to, named...), append(out.refused, bad...)
	}
	if m.to = unique(m.to); len(m.to) == 0 {
		out.refused = append(out.refused, fail(ExDataErr, "no recipients: neither the header nor the command line has an address"))
		return out.err()
	}
	name := c.Options.FullName
	if name == "" && !c.Options.Named {
		name = c.FullName
	}
	m.input = input
	m.header = input.finish(author{name, m.sender, c.Hostname}, c.Now)
	m.octets = int64(len(m.header)) + input.body.octets
	c.handOver(m, out)
	return out.err()
}

// envelope reads the sender and the recipients of the command line; bad has an error for each
// recipient that is not an address.
func (m *message) envelope(o *Options, user string) (bad []error, err error) {
	m.sender = localPart(user)
	if o.Named {
		found, wrong := addresses(o.Sender)
		switch {
		case len(wrong) > 0:
			return nil, wrong[0]
		case len(found) > 1:
			return nil, fail(ExUsage, "-f has more than one sender address")
		case len(found) == 0:
			m.sender = "" // -f "" and -f "<>": no reply is wanted
		default:
			m.sender = found[0]
		}
	}
	for _, word := range o.Recipients {
		found, wrong := addresses(word)
		m.to, bad = append(m.to, found...), append(bad, wrong...)
	}
	if len(m.to)+len(bad) == 0 && !o.FromHeader {
		return nil, fail(ExUsage, "no recipients: name one, or use -t to take them from the header")
	}
	return bad, checkNotify(o.Notify)
}

// localPart returns the name of a user as the local part of an address: in quotes if it has other
// characters than a dot-string (RFC 5321 section 4.1.2), as the names of a Windows domain have.
func localPart(user string) string {
	if strings.ContainsAny(user, "\\\"@ ,;:<>()[]") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(user) + `"`
	}
	return user
}

// checkNotify returns an error if -N has words that NOTIFY= does not allow.
func checkNotify(words string) error {
	if words == "" {
		return nil
	}
	for word := range strings.SplitSeq(strings.ToUpper(words), ",") {
		if !slices.Contains([]string{"NEVER", "SUCCESS", "FAILURE", "DELAY"}, word) {
			return fail(ExUsage, "-N takes never, or a list of success, failure and delay, with commas")
		}
	}
	return nil
}

// unique removes addresses that are there twice.
func unique(to []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(to, func(one string) bool {
		twice := seen[one]
		seen[one] = true
		return twice
	})
}

// ways returns the ways in the order in which they are tried. LMTP has no receipts, so that a
// caller that wants one gets SMTP if there is a way.
func (c *Call) ways() []Way {
	ways := slices.Clone(c.Ways)
	if o := c.Options; o.Notify != "" && !strings.EqualFold(o.Notify, "never") {
		sort.SliceStable(ways, func(i, j int) bool { return !ways[i].LMTP && ways[j].LMTP })
	}
	return ways
}

// handOver hands the message over by the first way that answers. The server ends a connection after
// many bad recipients: then the others are tried by another one, as long as each connection brings
// an answer for at least one of them.
func (c *Call) handOver(m *message, out *outcome) {
	ways := c.ways()
	for left := m.to; len(left) > 0; {
		server, err := c.reach(ways)
		if err != nil {
			out.refuse("", err)
			return
		}
		t := transfer{server, m, out}
		rest, err := t.run(left, c.Hostname)
		if err == nil {
			server.say("QUIT") // the reply changes nothing
		}
		server.close()
		if err != nil && len(rest) == len(left) {
			out.refuse("", fmt.Errorf("the server at %s: %w", server.way.Address, err))
			return
		}
		left = rest
	}
}

// reach connects by the first way that answers.
func (c *Call) reach(ways []Way) (*client, error) {
	var tried []string
	for _, way := range ways {
		server, err := dial(way, c.ServerUsers)
		if err == nil {
			return server, nil
		}
		tried = append(tried, fmt.Sprintf("%s: %v", way.Address, err))
	}
	if len(ways) == 0 {
		return nil, fail(ExNoPerm, "authentication required: no listener accepts mail without a login; set smtp.listen_lmtp to a socket, as unix:/run/pillarbox/lmtp.sock")
	}
	return nil, fail(ExTempFail, "cannot reach the server; is pillarbox running? (%s)", strings.Join(tried, "; "))
}
