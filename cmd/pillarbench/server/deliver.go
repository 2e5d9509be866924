package server

import (
	"errors"
	"sync"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// A Spread is how many connections deliver at a time, into how many mailboxes.
type Spread struct{ Connections, Mailboxes int }

// Deliver delivers messages first to first+messages-1 over connections that share them, and waits
// until none is in a queue. It returns their size in octets.
func Deliver(s Server, l client.Load, first uint64, messages int, by Spread) (int64, error) {
	// The channel has room for all, so that a connection that fails blocks nothing.
	numbers := make(chan uint64, messages)
	var octets int64
	for i := range uint64(messages) {
		number := first + i
		numbers <- number
		octets += int64(len(client.Message{Number: number, Octets: l.Octets(number)}.Content()))
	}
	close(numbers)
	failures := make([]error, by.Connections)
	var group sync.WaitGroup
	for i := range by.Connections {
		group.Go(func() {
			connection, err := s.Connect()
			if err != nil {
				failures[i] = err
				return
			}
			defer connection.Close()
			for number := range numbers {
				if failures[i] = connection.Deliver(client.Message{Number: number, Octets: l.Octets(number)}, client.Mailbox(i%by.Mailboxes)+"@home.arpa"); failures[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return octets, errors.Join(append(failures, s.Drain())...)
}

// Trickle delivers messages one by one, each over its own connection, with a pause after each.
func Trickle(s Server, l client.Load, first uint64, messages int, pause time.Duration) (int64, error) {
	var octets int64
	for i := range uint64(messages) {
		n, err := Deliver(s, l, first+i, 1, Spread{1, 1})
		if err != nil {
			return octets, err
		}
		octets += n
		time.Sleep(pause)
	}
	return octets, nil
}
