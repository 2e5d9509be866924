package sendmail

import "fmt"

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
