package queue

import (
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
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

// New makes a queue.
func New(o Options) (Queue, error) {
	switch o.Name {
	case server.Own:
		return newPillarbox(o)
	case "postfix":
		return newPostfix(o)
	}
	return nil, fmt.Errorf("no queue is called %q: it is %s or postfix", o.Name, server.Own)
}
