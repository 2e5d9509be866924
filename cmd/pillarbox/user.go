package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/names"
	"pillarbox/appliance/statedir"
)

// named reads the configuration, and the name of an account from the operand.
func (o *options) named(c *call) (on *config.Config, name string, err error) {
	name = names.Fold(c.args[0])
	if err := names.CheckAccount(name); err != nil {
		return nil, "", err
	}
	on, err = find(o.config)
	return on, name, err
}

func addUser(c *call, o *options) error {
	on, name, err := o.named(c)
	if err != nil {
		return err
	}
	table, err := admin.LoadAccounts(on)
	if err != nil {
		return err
	}
	if _, exists := table.Lookup(name); exists { // before the password is read
		return fmt.Errorf("%s: %w; pillarbox user passwd %s changes its password", name, accounts.ErrExists, name)
	}
	if err := accounts.CheckNewName(name); err != nil {
		return err
	}
	password, err := readPassword(c, "password for "+name)
	if err != nil {
		return err
	}
	err = admin.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.Add(name, password) })
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if statedir.Unserved(on) {
		fmt.Fprintf(c.stderr, "no server has run with the state directory %s yet: pillarbox serve starts one\n", on.State)
	}
	fmt.Fprintf(c.stdout, "%s has a mailbox now: user name %s, address %s\n", name, name, identity.AddressOf(on, name))
	return nil
}

func setPassword(c *call, o *options) error {
	on, name, err := o.named(c)
	if err != nil {
		return err
	}
	table, err := admin.LoadAccounts(on)
	if err != nil {
		return err
	}
	if _, exists := table.Lookup(name); !exists {
		return unknown(name)
	}
	password, err := readPassword(c, "new password for "+name)
	if err != nil {
		return err
	}
	err = admin.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.SetPassword(name, password) })
	if errors.Is(err, accounts.ErrUnknown) {
		return unknown(name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(c.stdout, "%s has a new password; the old one is no longer valid\n", name)
	return nil
}

func removeUser(c *call, o *options) error {
	on, name, err := o.named(c)
	if err != nil {
		return err
	}
	err = admin.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.Remove(name) })
	if errors.Is(err, accounts.ErrUnknown) {
		return unknown(name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s can no longer log in; its messages stay in the spool as an orphan (pillarbox spool stat)\n", name)
	return nil
}

func unknown(name string) error {
	return fmt.Errorf("%s: %w; pillarbox user list shows them", name, accounts.ErrUnknown)
}

// readPassword reads the password twice from a terminal, without an echo; otherwise one line of
// standard input.
func readPassword(c *call, prompt string) (string, error) {
	if !isTerminal(c.stdin) {
		return readLine(c.stdin)
	}
	first, err := askSecret(c.stdin, c.stderr, prompt+": ")
	if err != nil {
		return "", err
	}
	second, err := askSecret(c.stdin, c.stderr, "again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return first, nil
}

// restoreUser restores messages that clients have deleted, through the running server or in its
// files.
func restoreUser(c *call, o *options) error {
	if o.since < 0 {
		return errUsage{fmt.Sprintf("-since %d: DAYS must be 0 or more; 0 is today", o.since)}
	}
	on, name, err := o.named(c)
	if err != nil {
		return err
	}
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	if o.list {
		if on.Retention.Of(name).BinDays == 0 {
			fmt.Fprintln(c.stderr, "the bin is off (retention.bin_days = 0): deleted messages are not kept")
		}
		return listBin(c, client, name, o.since)
	}
	n, err := client.Restore(name, o.since)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: %s restored; every mail client of the account downloads them as new\n", name, messageCount(n))
	return nil
}

// listBin lists what restore would restore, one message per line.
func listBin(c *call, client *admin.Client, name string, since int) error {
	found, err := client.Bin(name, since)
	if err != nil {
		return err
	}
	for _, m := range found {
		fmt.Fprintf(c.stdout, "deleted %s  %9s  %s  %s\n", m.Day.Format(time.DateOnly), bytesWord(m.Octets), oneLine(m.From), oneLine(m.Subject))
	}
	_, err = fmt.Fprintf(c.stdout, "%s: %s in the bin\n", name, messageCount(len(found)))
	return err
}

func messageCount(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return fmt.Sprintf("%d messages are", n)
}

// oneLine returns a text from outside without characters that control a terminal.
func oneLine(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
