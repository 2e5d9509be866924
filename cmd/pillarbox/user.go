package main

import (
	"errors"
	"fmt"

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
