package main

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/imapexport"
)

// exportIMAP copies one mailbox to a folder of an IMAP server.
func exportIMAP(c *call, o *spoolOptions) error {
	switch {
	case o.to == "":
		return errUsage{"-to is missing: imaps://USER@HOST/"}
	case o.out != "":
		return errUsage{"-o is for -format maildir or mbox; -to names an IMAP server"}
	case o.ca != "" && o.pin != "":
		return errUsage{"-ca and -pin exclude each other"}
	case o.orphan == "" && len(o.rest) != 1:
		return errUsage{"-format imap exports one account: name it"}
	}
	target, err := imapexport.ParseTarget(o.to)
	if err != nil {
		return errUsage{"-to: " + err.Error()}
	}
	options, err := o.trust()
	if err != nil {
		return err
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
	if options.Password, err = askOnce(c, fmt.Sprintf("password of %s at %s", target.User, target.Host)); err != nil {
		return err
	}
	options.Quiet = 5 * time.Second
	to, err := imapexport.Open(target, options)
	if err != nil {
		return err
	}
	defer to.Close() // only the reply to each message counts
	return o.fill(c, client, boxes[0], to)
}

// fill exports a mailbox to an IMAP server and reports.
func (o *spoolOptions) fill(c *call, client *admin.Client, box admin.Mailbox, to *imapexport.Mailbox) error {
	account, key := box.Name, ""
	if o.orphan != "" {
		account, key = "", o.orphan
	}
	bar := newTimedBar(c.stderr, "exporting "+box.Name)
	err := client.Export(account, key, &counted{Taker: to, bar: bar, total: box.Messages})
	if failed := to.Finish(); err == nil {
		err = failed
	}
	bar.clear()
	for _, uid := range to.Bad {
		fmt.Fprintf(c.stderr, "damaged and left out: %s %s\n", box.Name, uid)
	}
	for _, refused := range to.Refused {
		fmt.Fprintf(c.stderr, "not exported: %s %s\n", box.Name, refused)
	}
	fmt.Fprintf(c.stdout, "%s: %d exported, %d there already\n", box.Name, to.Kept, to.Skipped)
	if err != nil {
		return fmt.Errorf("%w; exported messages stay there: run it again to continue", err)
	}
	if n := len(to.Bad) + len(to.Refused); n > 0 {
		return fmt.Errorf("%d messages were not exported", n)
	}
	return nil
}

// trust returns which certificates are accepted.
func (o *spoolOptions) trust() (options imapexport.Options, err error) {
	if o.pin != "" {
		options.Pin, err = hex.DecodeString(strings.ReplaceAll(o.pin, ":", ""))
		if err != nil || len(options.Pin) != 32 {
			return options, errUsage{"-pin takes a SHA-256 fingerprint: 64 hexadecimal digits"}
		}
	}
	if o.ca != "" {
		text, err := os.ReadFile(o.ca)
		if err != nil {
			return options, err
		}
		options.Roots = x509.NewCertPool()
		if !options.Roots.AppendCertsFromPEM(text) {
			return options, fmt.Errorf("%s has no certificate in PEM form", o.ca)
		}
	}
	return options, nil
}

// askOnce reads a password that exists already: from a terminal without an echo, else the first
// line of standard input.
func askOnce(c *call, prompt string) (string, error) {
	if !isTerminal(c.stdin) {
		return readLine(c.stdin)
	}
	return askSecret(c.stdin, c.stderr, prompt+": ")
}
