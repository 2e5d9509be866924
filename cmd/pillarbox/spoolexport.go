package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/archive"
)

func spoolExport(c *call, o *spoolOptions) error {
	if o.orphan != "" && len(o.rest) > 0 {
		return errUsage{"-orphan cannot be combined with accounts"}
	}
	if o.format == "imap" {
		return exportIMAP(c, o)
	}
	switch {
	case o.format != "maildir" && o.format != "mbox":
		return errUsage{"-format must be maildir, mbox or imap"}
	case o.to != "" || o.ca != "" || o.pin != "":
		return errUsage{"-to, -ca and -pin need -format imap"}
	case o.out == "":
		return errUsage{"-o is missing: the path to write to"}
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
	bad, left := 0, 0
	for _, box := range boxes {
		tally, err := o.exportOne(c, client, box, len(boxes) > 1)
		if errors.Is(err, archive.ErrNotExported) {
			fmt.Fprintf(c.stderr, "not exported: %s: %v\n", box.Name, err)
			left++
			continue
		}
		if errors.Is(err, errNoFileName) {
			fmt.Fprintf(c.stderr, "not exported: %q %v\n", box.Name, err)
			left++
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
	if left > 0 {
		return fmt.Errorf("%d accounts were not exported", left)
	}
	if bad > 0 {
		return fmt.Errorf("%d messages are damaged and were left out", bad)
	}
	return nil
}

// errNoFileName is the error of an account whose mail would be stored outside of the export's
// folder, or under a name that looks like an option or is hidden. New accounts have no such names.
var errNoFileName = errors.New("cannot be the name of a file: export this account alone, with -format mbox -o FILE")

// exportOne writes one mailbox.
func (o *spoolOptions) exportOne(c *call, client *admin.Client, box admin.Mailbox, many bool) (archive.Tally, error) {
	account, key := box.Name, ""
	if o.orphan != "" {
		account, key = "", o.orphan
	}
	bar := newTimedBar(c.stderr, "exporting "+box.Name)
	defer bar.clear()
	if o.format == "maildir" {
		if accounts.CheckNewName(box.Name) != nil {
			return archive.Tally{}, errNoFileName
		}
		to, err := archive.OpenMaildir(filepath.Join(o.out, box.Name))
		if err != nil {
			return archive.Tally{}, err
		}
		defer to.Close()
		err = client.Export(account, key, &counted{Taker: to, bar: bar, total: box.Messages})
		return to.Tally, errors.Join(err, to.Finish())
	}
	path, err := o.mboxPath(box.Name, many)
	if err != nil {
		return archive.Tally{}, err
	}
	to, err := archive.OpenMbox(path)
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
	if accounts.CheckNewName(name) != nil {
		return "", errNoFileName
	}
	return filepath.Join(o.out, name+".mbox"), nil // its folder is made with it
}
