package queue

import (
	"net"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/smarthost"
)

// A Queue takes messages and hands them to a smarthost.
type Queue interface {
	Start() error
	Stop() error
	Process() int                     // the process from which its others descend
	Connect() (*client.Sender, error) // a connection over TLS that may send to other servers
	// Left returns how many messages wait, and whether all of them were tried and none is being
	// sent.
	Left() (messages int, resting bool, err error)
	Retry() error // tries all that wait now; it may return before that is done
}

// Options say which queue is made, and of what.
type Options struct {
	Name   string // pillarbox or postfix
	Binary string // of pillarbox
	Peers  string // script that starts other servers
	Folder string // for all that it writes but its log
	Log    string
	To     *smarthost.Server
}

// overTLS opens a connection.
func overTLS(address string) (*client.Sender, error) {
	conn, err := net.DialTimeout("tcp", address, client.Patience)
	if err != nil {
		return nil, err
	}
	s := client.NewSender(client.OverTLS(conn))
	if err := s.Hello("EHLO"); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}
