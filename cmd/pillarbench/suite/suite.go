package suite

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"pillarbox/pop3/pop3test/transcript"
)

// A Verdict is the result of a case.
type Verdict string

const (
	Passed Verdict = "pass"
	Failed Verdict = "FAIL"
	Absent Verdict = "absent" // the server does not offer what the case is about
)

// Play plays a case. The string says where the server differs, or what it does not offer.
func (s *Server) Play(c Case) (Verdict, string) {
	r := &run{Server: s, protocol: c.Protocol}
	stage := transcript.Stage{
		Dial:     r.dialParty,
		Words:    map[string]string{"user": s.User, "password": s.Password, "address": s.Address},
		Direct:   r.direct,
		Patience: s.patience(),
	}
	err := stage.Play(c.text)
	switch {
	case err == nil:
		return Passed, ""
	case errors.Is(err, errAbsent):
		return Absent, strings.TrimPrefix(err.Error(), errAbsent.Error()+": ")
	}
	return Failed, err.Error()
}

// A run is a case that is being played.
type run struct {
	*Server
	protocol  string
	delivered int // messages since the maildrop was emptied
	emptied   bool
}

// protocols are the ports that a server can have.
var protocols = []string{"pop3", "pop3s", "smtp", "smtps", "lmtp"}

// dialParty connects a party to the port that is the first word of its name, or to that of the
// case.
func (r *run) dialParty(name string) (net.Conn, error) {
	if protocol, _, _ := strings.Cut(name, " "); slices.Contains(protocols, protocol) {
		return r.dial(protocol)
	}
	return r.dial(r.protocol)
}

// direct executes the suite's own directives.
func (r *run) direct(verb, argument string) (bool, error) {
	switch verb {
	case "mail":
		return true, r.mail(argument)
	case "empty":
		r.emptied, r.delivered = true, 0
		return true, r.Server.empty()
	case "arrived":
		n, err := strconv.Atoi(argument)
		if err != nil {
			return true, err
		}
		return true, r.Server.arrived(n)
	case "needs":
		protocol, keyword, _ := strings.Cut(argument, " ")
		return true, r.offers(protocol, keyword)
	case "slow":
		if !r.Slow {
			return true, fmt.Errorf("%w: slow", errAbsent)
		}
		return true, nil
	}
	return false, nil
}

// mail delivers messages and waits for them.
func (r *run) mail(argument string) error {
	name, count, several := strings.Cut(argument, " ")
	times := 1
	if several {
		var err error
		if times, err = strconv.Atoi(count); err != nil {
			return err
		}
	}
	text, err := message(name)
	if err != nil {
		return err
	}
	if !r.emptied {
		r.emptied = true
		if err := r.Server.empty(); err != nil {
			return err
		}
	}
	for range times {
		if err := r.Server.deliver(text); err != nil {
			return err
		}
	}
	r.delivered += times
	return r.Server.arrived(r.delivered)
}
