package main

import (
	"errors"
	"flag"
	"time"
)

// A given server runs already, and goes on when the bench is done.
type given struct {
	pop3, pop3s    string // addresses
	pid            int    // 0: no server was given
	user, password string
}

func (g *given) flags(set *flag.FlagSet) {
	set.IntVar(&g.pid, "pid", 0, "`process` of a server that runs already, whose children count, too")
	set.StringVar(&g.pop3, "pop3", "", "its `address`")
	set.StringVar(&g.pop3s, "pop3s", "", "its `address` with TLS from the first octet, if it has one")
	set.StringVar(&g.user, "user", mailbox(0), "its `account`")
	set.StringVar(&g.password, "password", password, "and the `secret` of that")
}

func (g *given) start() error {
	if g.pop3 == "" {
		return errors.New("-pop3 is needed beside -pid")
	}
	return awaitGreeting(g.pop3)
}

func (g *given) stop() error      { return nil }
func (g *given) began() time.Time { return time.Time{} }
func (g *given) process() int     { return g.pid }
func (g *given) maildrop() string { return g.pop3 }
func (g *given) secured() string  { return g.pop3s }
func (g *given) settle() error    { return nil }
func (g *given) forget() error    { return nil }

func (g *given) connect() (*sender, error) {
	return nil, errors.New("mail is not brought to a server that was given")
}
