package main

import (
	"context"
	"fmt"
	"slices"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/names"
)

// spoolOptions are what was written on a command line.
type spoolOptions struct {
	config string
	json   bool
	format string
	out    string
	orphan string
	from   string
	to     string // where -format imap exports to
	ca     string
	pin    string
	rest   []string

	deleted bool // import what is marked as deleted, too
	dry     bool // report what an import would do, and change nothing
}

// ask reads the configuration and returns a client of its spool.
func (o *spoolOptions) ask(create bool) (*config.Config, *admin.Client, error) {
	on, err := find(o.config)
	if err != nil {
		return nil, nil, err
	}
	client, err := admin.Ask(context.Background(), on, create)
	return on, client, err
}

// boxes returns the mailboxes to export: those that were named, or those of all accounts.
func (o *spoolOptions) boxes(client *admin.Client) ([]admin.Mailbox, error) {
	s, err := client.Stat()
	if err != nil {
		return nil, err
	}
	if o.orphan != "" {
		at := slices.IndexFunc(s.Orphans, func(m admin.Mailbox) bool { return m.Name == o.orphan })
		if at < 0 {
			return nil, fmt.Errorf("%s is not the key of an orphan; pillarbox spool stat lists them", o.orphan)
		}
		return s.Orphans[at : at+1], nil
	}
	if len(o.rest) == 0 {
		return s.Accounts, nil
	}
	var boxes []admin.Mailbox
	for _, name := range o.rest {
		name = names.Fold(name)
		at := slices.IndexFunc(s.Accounts, func(m admin.Mailbox) bool { return m.Name == name })
		if at < 0 {
			return nil, unknown(name)
		}
		boxes = append(boxes, s.Accounts[at])
	}
	return boxes, nil
}
