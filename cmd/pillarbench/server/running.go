package server

import (
	"errors"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// A Running server runs already, and continues after the benchmark.
type Running struct {
	POP3, POP3S    string // addresses
	PID            int    // 0 if no such server was named
	User, Password string
}

func (g *Running) Start() error {
	if g.POP3 == "" {
		return errors.New("-pop3 is needed beside -pid")
	}
	return awaitGreeting(g.POP3)
}

func (g *Running) Stop() error         { return nil }
func (g *Running) Began() time.Time    { return time.Time{} }
func (g *Running) Process() int        { return g.PID }
func (g *Running) Maildrop() string    { return g.POP3 }
func (g *Running) MaildropTLS() string { return g.POP3S }
func (g *Running) Drain() error        { return nil }
func (g *Running) RemoveCaches() error { return nil }

func (g *Running) Connect() (*client.Sender, error) {
	return nil, errors.New("no mail is delivered to a server that runs already")
}
