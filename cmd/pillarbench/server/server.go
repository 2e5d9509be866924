package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// Own is the name of pillarbox among the servers. Every other name is a peer's.
const Own = "pillarbox"

// A Server is a mail server that a benchmark starts, loads and observes from outside.
type Server interface {
	Start() error                     // returns after the greetings on all ports
	Began() time.Time                 // the time of its latest start
	Stop() error                      // after which Start may be called again
	Process() int                     // the id of the process from which its others descend
	Connect() (*client.Sender, error) // opens a connection that delivers
	Maildrop() string                 // its address for POP3, "" if it has none
	MaildropTLS() string              // its address for POP3 over implicit TLS, "" if it has none
	Drain() error                     // returns when no message is in a queue
	RemoveCaches() error              // removes what the stopped server can rebuild from the mail
}

// Options are the options of a benchmark that measures one server.
type Options struct {
	Name   string // of the server
	Binary string
	Peers  string // script that starts other servers
	Folder string // for all that the server writes except its log
	Label  string // of the file system, for the table
	Notes  string // file to append the figures to, "" for none
}

// Open prepares the server, with as many accounts, named by client.Mailbox.
func (b *Options) Open(capacity string, accounts int) (Server, error) {
	if b.Label == "" {
		b.Label = b.Folder
	}
	folder, err := filepath.Abs(b.Folder)
	if err != nil {
		return nil, err
	}
	if b.Name != Own {
		return NewPeer(b.Peers, b.Name, folder, b.log()), nil
	}
	names := make([]string, accounts)
	for i := range names {
		names[i] = client.Mailbox(i)
	}
	ours, err := NewPillarbox(b.Binary, folder, capacity, names...)
	if err != nil {
		return nil, err
	}
	ours.LogFile = b.log()
	return ours, nil
}

// During starts the server, runs the benchmark and stops the server. After an error the log stays.
func (b *Options) During(s Server, run func() error) error {
	if err := s.Start(); err != nil {
		return err
	}
	if err := errors.Join(run(), s.Stop()); err != nil {
		return fmt.Errorf("%w (the log of %s is %s)", err, b.Name, b.log())
	}
	return os.Remove(b.log())
}

// log is outside the folder, because the log must not count as wear of the device.
func (b *Options) log() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-%d.log", os.Getpid()))
}

// empty removes all messages of a mailbox if the server offers POP3.
func empty(s Server, mailbox string) error {
	if s.Maildrop() == "" {
		return nil
	}
	r, err := client.DialPOP3(s.Maildrop(), mailbox, client.Password)
	if err != nil {
		return err
	}
	defer r.Close()
	uids, err := r.UIDs()
	if err != nil {
		return err
	}
	numbers := make([]int, len(uids))
	for i := range numbers {
		numbers[i] = i + 1
	}
	return r.Delete(numbers)
}

// EmptyAll removes all messages of the mailboxes of all connections.
func EmptyAll(s Server) error {
	for i := range client.MaxConnections {
		if err := empty(s, client.Mailbox(i)); err != nil {
			return err
		}
	}
	return nil
}

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
