package main

import (
	"errors"
	"fmt"
	"os"

	"pillarbox/appliance"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
)

// A userVerb is one row of the table of what can be done with accounts.
type userVerb struct {
	name  string
	named bool // it takes a NAME
	run   func(c *call, on *config.Config, name string) error
}

var userVerbs = [...]userVerb{
	{"add", true, addUser},
	{"passwd", true, setPassword},
	{"list", false, listUsers},
	{"remove", true, removeUser},
}

// user edits the accounts file. The box, if it runs, takes the change up by itself.
func user(c *call) error {
	if len(c.args) == 0 {
		return errUsage{"add, passwd, list, remove or restore is missing"}
	}
	if c.args[0] == "restore" {
		return restoreUser(c)
	}
	for _, verb := range userVerbs {
		if verb.name == c.args[0] {
			return verb.do(c)
		}
	}
	if c.args[0] == "-h" || c.args[0] == "-help" || c.args[0] == "--help" {
		_, _, err := c.parse([]string{"-h"}, 0)
		return err
	}
	return errUsage{fmt.Sprintf("%q is none of add, passwd, list, remove, restore", c.args[0])}
}

func (v userVerb) do(c *call) error {
	most := 0
	if v.named {
		most = 1
	}
	file, rest, err := c.parse(c.args[1:], most)
	if err != nil {
		return err
	}
	if len(rest) < most {
		return errUsage{"the NAME is missing"}
	}
	on, err := find(file)
	if err != nil {
		return err
	}
	if !v.named {
		return v.run(c, on, "")
	}
	name := accounts.Fold(rest[0])
	if err := accounts.CheckName(name); err != nil {
		return err
	}
	return v.run(c, on, name)
}

func addUser(c *call, on *config.Config, name string) error {
	table, err := appliance.LoadAccounts(on)
	if err != nil {
		return err
	}
	if _, exists := table.Lookup(name); exists { // before the password is asked for
		return fmt.Errorf("%s: %w; pillarbox user passwd %s changes its password", name, accounts.ErrExists, name)
	}
	password, err := readPassword(c, "password for "+name)
	if err != nil {
		return err
	}
	err = appliance.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.Add(name, password) })
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(c.stdout, "%s has a mailbox now: user name %s, address %s\n", name, name, appliance.AddressOf(on, name))
	return nil
}

func setPassword(c *call, on *config.Config, name string) error {
	table, err := appliance.LoadAccounts(on)
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
	err = appliance.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.SetPassword(name, password) })
	if errors.Is(err, accounts.ErrUnknown) {
		return unknown(name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(c.stdout, "%s has a new password; the old one is good for nothing\n", name)
	return nil
}

func listUsers(c *call, on *config.Config, _ string) error {
	table, err := appliance.LoadAccounts(on)
	if err != nil {
		return err
	}
	for _, account := range table.Accounts() {
		fmt.Fprintln(c.stdout, account.Name)
	}
	return nil
}

func removeUser(c *call, on *config.Config, name string) error {
	err := appliance.EditAccounts(on, func(t *accounts.Table) (*accounts.Table, error) { return t.Remove(name) })
	if errors.Is(err, accounts.ErrUnknown) {
		return unknown(name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s can log in no more; mail that was kept for that name stays in the spool, without an owner\n", name)
	return nil
}

func unknown(name string) error {
	return fmt.Errorf("%s: %w; pillarbox user list shows them", name, accounts.ErrUnknown)
}

// readPassword asks twice on a terminal, without an echo; else it takes one line of standard input.
func readPassword(c *call, prompt string) (string, error) {
	if !isTerminal(c.stdin) {
		return readLine(c.stdin)
	}
	first, err := askSecret(c.stdin, c.stderr, prompt+": ")
	if err != nil {
		return "", err
	}
	second, err := askSecret(c.stdin, c.stderr, "once more: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two are not the same; nothing was changed")
	}
	return first, nil
}

// longestLine bounds a line of standard input in octets.
const longestLine = 4096

// readLine reads one line, with or without its end, and nothing behind it.
func readLine(from *os.File) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < longestLine; {
		n, err := from.Read(one)
		if n == 1 && one[0] == '\n' {
			break
		}
		line = append(line, one[:n]...)
		if err != nil {
			break // the end of the input ends the line
		}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		return "", errors.New("no password came on standard input")
	}
	return string(line), nil
}
