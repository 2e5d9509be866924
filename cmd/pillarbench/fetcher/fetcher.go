package fetcher

import (
	"bytes"
	"errors"
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// Mailbox is where the fetched mail arrives.
var Mailbox = client.Mailbox(0)

// A Fetcher fetches from a provider into a server of its own, one account after another.
type Fetcher interface {
	// Prepare makes the accounts known. The server is not running yet; the mailboxes at the
	// provider are empty.
	Prepare([]provider.Account) error
	// Ready is called when the server runs, before anything is measured.
	Ready([]provider.Account) error
	// Fetch fetches once. An error that only says that the provider or its line failed is none.
	Fetch(provider.Account) (Usage, error)
	// PollsItself reports whether the server polls by itself, in place of a Fetch for each poll.
	PollsItself() bool
	// Server is the server into which it fetches.
	Server() server.Server
}

// Options say which fetcher is made, and of what.
type Options struct {
	Name    string // pillarbox, fetchmail or getmail
	Binary  string // of pillarbox
	Peers   string // script that starts other servers
	Folder  string // for all that it writes but its log
	Log     string
	Trusted string // file with the certificate of the provider
}

// Arrived returns how many messages are in the mailbox that have so many octets at least.
func Arrived(f Fetcher, least int) (int, error) {
	r, err := client.DialPOP3(f.Server().Maildrop(), Mailbox, client.Password)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	listing, err := r.Multiline("LIST")
	if err != nil {
		return 0, err
	}
	messages, err := countFrom(listing, least)
	return messages, errors.Join(err, r.Command("QUIT"))
}

// countFrom counts the messages of a listing, lines of a number and a size.
func countFrom(listing []byte, least int) (messages int, err error) {
	for line := range bytes.Lines(listing) {
		var n, octets int
		if _, err := fmt.Sscanf(string(line), "%d %d", &n, &octets); err != nil {
			return 0, fmt.Errorf("a line of LIST is %q", line)
		}
		if octets >= least {
			messages++
		}
	}
	return messages, nil
}
