package park

import (
	"errors"
	"net"
	"time"
)

// ErrUnsupported is returned by Wait if the connection cannot be parked: the system has no epoll,
// or epoll failed. The caller has to wait in its own goroutine.
var ErrUnsupported = errors.New("park: the connection cannot be parked")

// An Event is what a parked connection waits for.
type Event uint8

const (
	Readable Event = iota // the peer has sent something, or has closed its side
	Writable              // the send buffer of the socket has room
)

// A Waiter is a connection that can be parked. Its fields are set before the first Wait.
type Waiter struct {
	Socket *net.TCPConn
	Resume func() // continues with the connection

	// Lot.mu guards these. They are small, because each session has them.
	until time.Duration // after Lot.began
	slot  int32
	event Event
}
