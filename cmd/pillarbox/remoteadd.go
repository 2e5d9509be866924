package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/remote/provider"
)

// A remoteSetting is a key that remote add sets, by a flag or by a question.
type remoteSetting struct {
	key, flag, usage string
	ask              string // on a terminal, if the flag is not given; "": it is not asked for
	list             bool
	value            string
}

// remoteSettings are in the order of the questions.
func remoteSettings() []*remoteSetting {
	return []*remoteSetting{
		{key: "address", flag: "address", usage: "the `ADDRESS` at the provider", ask: "address at the provider", list: true},
		{key: "owner", flag: "owner", usage: "the `ACCOUNT` here that gets the mail", ask: "account here that gets the mail"},
		{key: "provider", flag: "provider", usage: "the `NAME` of the provider (default: by the address)"},
		{key: "user", flag: "user", usage: "the `LOGIN` at the provider (default: the address)"},
		{key: "fetch", flag: "fetch", usage: "`PROTOCOL`: imap (the default), pop3 or none"},
		{key: "incoming", flag: "incoming", usage: "`HOST:PORT` of the server, if the provider is not known"},
		{key: "outgoing", flag: "outgoing", usage: "`HOST:PORT` of the server for outgoing mail, the same"},
		{key: "pin", flag: "pin", usage: "`SHA256` of the only certificate to trust"},
		{key: "client_id", flag: "client-id", usage: "the `ID` of your OAuth client at the provider"},
		{key: "tenant", flag: "tenant", usage: "the `TENANT` of Microsoft (default: common)"},
		{key: "issuer", flag: "issuer", usage: "the https `ADDRESS` of an OAuth server that is not in the table of providers"},
		{key: "since", flag: "since", usage: "what is fetched the first time: all, new, or `DAYS` as 30d"},
		{key: "after", flag: "after", usage: "at the provider: keep (the default), delete, or `DAYS` as 7d",
			ask: "messages at the provider, after they are stored here: keep, delete, or days as 7d"},
	}
}

func addRow(o *options, on func(func(*call, *options) error) func(*call) error) command {
	settings := remoteSettings()
	const args = "[-config FILE] [-address ADDRESS] [-owner ACCOUNT] [-provider NAME] [-user LOGIN] [-fetch PROTOCOL] [-incoming HOST:PORT] " +
		"[-outgoing HOST:PORT] [-pin SHA256] [-client-id ID] [-issuer ADDRESS] [-tenant TENANT] [-paste] [-since DAYS] [-after DAYS] NAME"
	return command{name: "remote add", args: args, does: "set up an account at a provider", operands: []string{"NAME"}, most: 1,
		more: " On a terminal it asks for what no flag says. It logs in, shows how many messages there are, and keeps settings and password only if that worked. " +
			"The configuration file is not written; a table [remote.NAME] in it comes first. Otherwise than on a terminal the password is the first line of standard input.",
		flags: func(f *flag.FlagSet) {
			f.BoolVar(&o.paste, "paste", false, pasteFlag)
			for _, s := range settings {
				f.StringVar(&s.value, s.flag, "", s.usage)
			}
		},
		run: on(func(c *call, o *options) error { return addRemote(c, o, settings) })}
}

// addRemote sets up an account.
func addRemote(c *call, o *options, settings []*remoteSetting) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	if isTerminal(c.stdin) {
		if err := askSettings(c, settings); err != nil {
			return err
		}
	}
	lines := settingLines(settings)
	name := c.args[0]
	before := admin.WithRemotes(on, func(string, error) {})
	with, err := before.WithRemote(name, lines)
	if err != nil {
		return err
	}
	r := with.Remote[name]
	var messages int
	if r.OAuth() {
		messages, err = loginByGrant(c, o, on, name, lines, &r)
	} else {
		var password string
		if password, err = providerPassword(c, &r); err != nil {
			return err
		}
		messages, err = admin.AddRemote(context.Background(), on, name, lines, password)
	}
	var refused *admin.RefusedReload
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	fmt.Fprintf(c.stdout, "%s is set up: %d messages are at %s; pillarbox fetch -dry-run %s shows what would be fetched\n", name, messages, r.Incoming, name)
	showNeeds(c, on, name)
	return err
}

// askSettings asks on the terminal for what no flag has set.
func askSettings(c *call, settings []*remoteSetting) error {
	in := bufio.NewReader(c.stdin)
	for _, s := range settings {
		if s.ask == "" || s.value != "" {
			continue
		}
		fmt.Fprintf(c.stderr, "%s: ", s.ask)
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		s.value = strings.TrimSpace(line)
	}
	return nil
}

// settingLines are the settings in TOML. The provider is found by the address if no server is
// named.
func settingLines(settings []*remoteSetting) (lines []string) {
	given := map[string]string{}
	for _, s := range settings {
		given[s.key] = s.value
	}
	if p := provider.ForAddress(given["address"]); p != nil && given["provider"] == "" && given["incoming"] == "" {
		given["provider"] = p.Name
	}
	for _, s := range settings {
		value := given[s.key]
		switch {
		case value == "":
		case s.list:
			lines = append(lines, fmt.Sprintf("%s = [%q]", s.key, value))
		default:
			lines = append(lines, fmt.Sprintf("%s = %q", s.key, value))
		}
	}
	if given["outgoing"] == "" && given["provider"] == "" {
		lines = append(lines, "send = false")
	}
	return lines
}
