package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/provider"
)

// readSecret asks for a password once on a terminal; otherwise it takes one line of standard input.
// Google shows app passwords in groups, which the spaces are no part of.
func readSecret(c *call, prompt string) (string, error) {
	if !isTerminal(c.stdin) {
		return readLine(c.stdin)
	}
	return askSecret(c.stdin, c.stderr, prompt+": ")
}

func loginRemote(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	name := c.args[0]
	r, ok := admin.WithRemotes(on, func(string, error) {}).Remote[name]
	if !ok {
		return fmt.Errorf("%q is no remote account: pillarbox remote add %s, or a table [remote.%s] in the configuration", name, name, name)
	}
	var messages int
	if r.OAuth() {
		messages, err = loginByGrant(c, o, on, name, nil, &r)
	} else {
		var password string
		if password, err = providerPassword(c, &r); err != nil {
			return err
		}
		messages, err = admin.LoginRemote(context.Background(), on, name, password)
	}
	var refused *admin.RefusedReload
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: the provider accepts the login; %d messages are there\n", name, messages)
	showNeeds(c, on, name)
	return err
}

// providerPassword asks for a password of an account at a provider.
func providerPassword(c *call, r *config.Remote) (string, error) {
	p := r.At()
	if p != nil && p.Advice != "" && isTerminal(c.stdin) {
		fmt.Fprintf(c.stderr, "%s: %s\n", r.Provider, p.Advice)
	}
	password, err := readSecret(c, "password of "+r.User+" at the provider")
	if err == nil && p != nil && p.Password == provider.App && strings.Contains(password, " ") {
		password = strings.ReplaceAll(password, " ", "")
		fmt.Fprintln(c.stderr, "the spaces in the app password were left out")
	}
	return password, err
}

// showNeeds shows what a server that runs needs before it fetches.
func showNeeds(c *call, on *config.Config, name string) {
	if needs := admin.RemoteNeeds(on, name); needs != "" {
		fmt.Fprintf(c.stdout, "Before mail is fetched: %s\n", needs)
	}
}
