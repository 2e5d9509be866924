package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/provider"
)

// remoteRow is the group of commands about accounts at providers.
func remoteRow(o *options, on func(func(*call, *options) error) func(*call) error) command {
	none := func(*flag.FlagSet) {}
	name := []string{"NAME"}
	return command{name: "remote", does: "manage accounts at mail providers", below: []command{
		addRow(o, on),
		{name: "remote list", args: "[-config FILE] [-json]", does: "list the accounts at providers and how they are doing", run: on(listRemotes),
			flags: func(f *flag.FlagSet) { f.BoolVar(&o.json, "json", false, jsonFlag) }},
		{name: "remote login", args: "[-config FILE] [-paste] NAME", does: "give an account at a provider its password", operands: name, most: 1, run: on(loginRemote),
			more: " The password is asked for on a terminal; otherwise it is the first line of standard input. It is kept only if the provider accepts it. " +
				"For a login by OAuth 2.0 it prints an address to open in a browser; there the first line of standard input is the secret of the client, which may be empty, and the second one a pasted address.",
			flags: func(f *flag.FlagSet) { f.BoolVar(&o.paste, "paste", false, pasteFlag) }},
		{name: "remote remove", args: "[-config FILE] NAME", does: "remove an account at a provider", operands: name, most: 1, flags: none, run: on(removeRemote),
			more: " Its password is erased, and what remote add has set. Messages that were fetched stay, and are not fetched again if the account comes back."},
	}}
}

// fetchRow collects mail now.
func fetchRow(o *options, on func(func(*call, *options) error) func(*call) error) command {
	return command{name: "fetch", args: "[-config FILE] [-dry-run] [NAME...]", does: "fetch mail from providers now", most: 64, run: on(fetchMail),
		more:  " It returns when the messages are stored. The exit code is 75 if a provider or the network is to be tried again later.",
		flags: func(f *flag.FlagSet) { f.BoolVar(&o.dry, "dry-run", false, "only show what would be fetched") }}
}

func removeRemote(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	if err := admin.RemoveRemote(on, c.args[0]); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s was removed with its password; messages that were fetched stay\n", c.args[0])
	return nil
}

func listRemotes(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	list, err := client.Remotes()
	if err != nil {
		return err
	}
	if o.json {
		_, err = io.WriteString(c.stdout, remotesJSON(list))
		return err
	}
	table := [][]string{{"NAME", "OWNER", "ADDRESS", "FETCH", "THERE", "LAST", "STATE"}}
	for _, st := range list {
		table = append(table, []string{st.Name, st.Owner, st.Address, st.Fetch, strconv.Itoa(st.Listed), whenText(st.Last), stateText(st)})
	}
	_, err = fmt.Fprintf(c.stdout, "%sThe table of providers is of %s.\n", inColumns(table), provider.Updated)
	return err
}

// inColumns returns a table as text, its columns two blanks apart.
func inColumns(table [][]string) string {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range table {
		last := len(row) - 1
		for i, cell := range row[:last] {
			fmt.Fprintf(&b, "%-*s  ", widths[i], cell)
		}
		b.WriteString(row[last] + "\n")
	}
	return b.String()
}

func whenText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func stateText(st remote.Status) string {
	switch {
	case st.Asks:
		return "needs you: " + st.Why
	case st.Why != "":
		return "waits: " + st.Why
	case st.Last.IsZero():
		return "not fetched yet"
	}
	return "OK"
}

// fetchMail collects the accounts that are named, or all of them.
func fetchMail(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	names := c.args
	if len(names) == 0 {
		list, err := client.Remotes()
		if err != nil {
			client.Close()
			return err
		}
		for _, st := range list {
			if st.Fetch != "none" {
				names = append(names, st.Name)
			}
		}
	}
	client.Close()
	if len(names) == 0 {
		return errors.New("no account at a provider fetches mail: pillarbox remote add NAME sets one up")
	}
	var worst error
	for _, name := range names {
		worst = worse(worst, fetchOne(c, o, on, name))
	}
	return worst
}

// worse returns the error that decides the exit code: one that stays before one that passes.
func worse(a, b error) error {
	var later laterError
	if b == nil || a != nil && !errors.As(a, &later) {
		return a
	}
	return b
}

// A laterError is a collection that is to be tried again.
type laterError struct{ error }

// ExitCode is EX_TEMPFAIL of sysexits.h.
func (laterError) ExitCode() int { return 75 }

// fetchOne collects one account. Its error was shown.
func fetchOne(c *call, o *options, on *config.Config, name string) error {
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	report, err := client.Fetch(name, o.dry)
	var later *admin.TryAgain
	switch {
	case errors.As(err, &later):
		return laterError{fmt.Errorf("%s: %w; try again later", name, err)}
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(c.stdout, "%s: %s\n", name, report.Describe(o.dry))
	return nil
}

// remotesJSON is the list for programs: later versions add names and change none. A time is in
// seconds since 1970, 0 for none.
func remotesJSON(list []remote.Status) string {
	rows := make([]string, len(list))
	for i, st := range list {
		seconds := func(t time.Time) int64 { return max(t.Unix(), 0) }
		rows[i] = fmt.Sprintf(`{"name":%s,"owner":%s,"address":%s,"server":%s,"fetch":%s,"listed":%d,"known":%d,"last":%d,"next":%d,"needs_login":%t,"error":%s}`,
			jsonText(st.Name), jsonText(st.Owner), jsonText(st.Address), jsonText(st.Server), jsonText(st.Fetch),
			st.Listed, st.Known, seconds(st.Last), seconds(st.Next), st.Asks, jsonText(st.Why))
	}
	return fmt.Sprintf(`{"accounts":[%s]}`+"\n", strings.Join(rows, ","))
}
