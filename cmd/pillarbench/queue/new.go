package queue

import (
	"fmt"

	"pillarbox/cmd/pillarbench/server"
)

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
