package bench

import (
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// wireMost is the most messages that are delivered to a mailbox by SMTP: more would take minutes.
const wireMost = 10_000

// A largeMailbox is a run of the login or the delete benchmark, in which mailboxes grow.
type largeMailbox struct {
	comparison
	counts   []int // numbers of messages in the mailbox, ascending from DeletedMessages
	load     client.Load
	messages map[string]int // in the mailbox of each server
	next     uint64         // number of the next message
}

func newLargeMailbox(c ComparisonOptions, counts []int, l client.Load) *largeMailbox {
	return &largeMailbox{comparison: comparison{options: c}, counts: counts, load: l, messages: map[string]int{}, next: 1}
}

// grown fills mailboxes up to n messages, and returns the servers for which that is possible.
func (b *largeMailbox) grown(n int) (grown []entry, err error) {
	for _, e := range b.entries {
		if e.server.Maildrop() == "" || n > wireMost && !server.Fillable(e.server) {
			fmt.Fprintf(b.Out, "%s with %d messages: left out.\n", e.name, n)
			continue
		}
		more := n - b.messages[e.name]
		if err := server.Fill(e.server, b.load, b.next, more, server.Spread{Connections: 4, Mailboxes: 1}); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		b.next += uint64(more)
		b.messages[e.name] = n
		grown = append(grown, e)
	}
	return grown, b.syncFolder()
}
