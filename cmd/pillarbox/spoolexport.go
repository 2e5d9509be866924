package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/archive"
	"pillarbox/appliance/control"
)

func spoolExport(c *call, o *spoolOptions) error {
	switch {
	case o.format != "maildir" && o.format != "mbox":
		return errUsage{"-format has to be maildir or mbox"}
	case o.out == "":
		return errUsage{"-o is missing: where the mail goes"}
	case o.orphan != "" && len(o.rest) > 0:
		return errUsage{"-orphan goes without accounts"}
	}
	_, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	boxes, err := o.boxes(client)
	if err != nil {
		return err
	}
	bad := 0
	for _, box := range boxes {
		tally, err := o.exportOne(c, client, box, len(boxes) > 1)
		if errors.Is(err, os.ErrExist) {
			fmt.Fprintf(c.stdout, "%s: %v; remove it to have it written anew\n", box.Name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", box.Name, err)
		}
		for _, uid := range tally.Bad {
			fmt.Fprintf(c.stderr, "damaged and left out: %s %s\n", box.Name, uid)
		}
		bad += len(tally.Bad)
		fmt.Fprintf(c.stdout, "%s: %d exported, %d there already\n", box.Name, tally.Kept, tally.Skipped)
	}
	if bad > 0 {
		return fmt.Errorf("%d messages are damaged and were left out", bad)
	}
	return nil
}

// boxes are the mailboxes that are to be exported: those that were named, or those of all accounts.
func (o *spoolOptions) boxes(client *control.Client) ([]control.Mailbox, error) {
	s, err := client.Stat()
	if err != nil {
		return nil, err
	}
	if o.orphan != "" {
		at := slices.IndexFunc(s.Orphans, func(m control.Mailbox) bool { return m.Name == o.orphan })
		if at < 0 {
			return nil, fmt.Errorf("%s is the key of no orphan; pillarbox spool stat shows them", o.orphan)
		}
		return s.Orphans[at : at+1], nil
	}
	if len(o.rest) == 0 {
		return s.Accounts, nil
	}
	var boxes []control.Mailbox
	for _, name := range o.rest {
		name = accounts.Fold(name)
		at := slices.IndexFunc(s.Accounts, func(m control.Mailbox) bool { return m.Name == name })
		if at < 0 {
			return nil, unknown(name)
		}
		boxes = append(boxes, s.Accounts[at])
	}
	return boxes, nil
}

// exportOne writes one mailbox. os.ErrExist: its mbox is there already.
func (o *spoolOptions) exportOne(c *call, client *control.Client, box control.Mailbox, many bool) (archive.Tally, error) {
	account, key := box.Name, ""
	if o.orphan != "" {
		account, key = "", o.orphan
	}
	bar := newBar(c.stderr, "exporting "+box.Name)
	defer bar.clear()
	if o.format == "maildir" {
		to, err := archive.OpenMaildir(filepath.Join(o.out, box.Name))
		if err != nil {
			return archive.Tally{}, err
		}
		err = client.Export(account, key, &counted{Taker: to, bar: bar, total: box.Messages})
		return to.Tally, err
	}
	path, err := o.mboxPath(box.Name, many)
	if err != nil {
		return archive.Tally{}, err
	}
	to, err := archive.CreateMbox(path)
	if err != nil {
		return archive.Tally{}, err
	}
	if err := client.Export(account, key, &counted{Taker: to, bar: bar, total: box.Messages}); err != nil {
		to.Abandon()
		return to.Tally, err
	}
	return to.Tally, to.Finish()
}

// mboxPath is -o itself for one mailbox, or a file of its name in the folder -o.
func (o *spoolOptions) mboxPath(name string, many bool) (string, error) {
	info, err := os.Stat(o.out)
	if !many && !strings.HasSuffix(o.out, "/") && (err != nil || !info.IsDir()) {
		return o.out, nil
	}
	return filepath.Join(o.out, name+".mbox"), os.MkdirAll(o.out, 0o700)
}

// A counted taker shows how far it is.
type counted struct {
	control.Taker
	bar         *bar
	done, total int64
}

// Wants is asked once for each mail.
func (t *counted) Wants(uid string, octets int64) bool {
	t.done++
	t.bar.show(t.done, t.total)
	return t.Taker.Wants(uid, octets)
}
