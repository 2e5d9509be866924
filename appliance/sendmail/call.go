package sendmail

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"
)

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

func ioError(err error) error {
	if err == nil {
		return nil
	}
	return fail(ExIOErr, "standard output: %v", err)
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

// speakSMTP runs -bs: the caller speaks SMTP with the server by standard input and output.
func (c *Call) speakSMTP() error {
	ways := slices.DeleteFunc(slices.Clone(c.Ways), func(w Way) bool { return w.LMTP })
	if len(ways) == 0 {
		return fail(ExUnavailable, "authentication required: no listener accepts SMTP without a login")
	}
	server, err := c.reach(ways)
	if err != nil {
		return err
	}
	defer server.close()
	if err := server.conn.SetDeadline(time.Time{}); err != nil { // the server has its own time-outs
		return fail(ExTempFail, "%v", err)
	}
	if _, err := io.WriteString(c.Output, "220 "+c.Hostname+" ESMTP pillarbox\r\n"); err != nil {
		return ioError(err)
	}
	go func() { // ends with the input, or with the program
		io.Copy(server.conn, c.Input)
		if half, ok := server.conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	_, err = io.Copy(c.Output, server.text.R)
	return ioError(err)
}
