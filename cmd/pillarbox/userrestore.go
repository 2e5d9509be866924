package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"
	"unicode"

	"pillarbox/appliance"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/control"
)

const restoreArgs = "[-config FILE] [-since DAYS] [-list] NAME"

// restoreUser brings mail back that clients have deleted, through the box that runs or else in its files.
func restoreUser(c *call) error {
	c.command.name, c.command.args = "user restore", restoreArgs
	c.command.does = "bring back what was deleted and is still in the bin, all of it or that of the last DAYS; -list only says what there is"
	var file string
	var since int
	var list bool
	flags := flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	flags.StringVar(&file, "config", "", "")
	flags.IntVar(&since, "since", control.AllDays, "")
	flags.BoolVar(&list, "list", false, "")
	rest, err := parseFlags(flags, c.args[1:], 1)
	switch {
	case err != nil:
		return err
	case len(rest) == 0:
		return errUsage{"the NAME is missing"}
	case since < 0:
		return errUsage{fmt.Sprintf("-since %d: the days are counted back from today; 0 is today", since)}
	}
	on, err := find(file)
	if err != nil {
		return err
	}
	client, err := appliance.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	name := accounts.Fold(rest[0])
	if list {
		return listBin(c, client, name, since)
	}
	n, err := client.Restore(name, since)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: %s back; every mail program of the account fetches them as new\n", name, mails(n))
	return nil
}

// listBin says what restore would bring back, a line a mail.
func listBin(c *call, client *control.Client, name string, since int) error {
	found, err := client.Bin(name, since)
	if err != nil {
		return err
	}
	for _, m := range found {
		fmt.Fprintf(c.stdout, "deleted %s  %9s  %s  %s\n", m.Day.Format(time.DateOnly), bytesWord(m.Octets), oneLine(m.From), oneLine(m.Subject))
	}
	_, err = fmt.Fprintf(c.stdout, "%s: %s in the bin\n", name, mails(len(found)))
	return err
}

func mails(n int) string {
	if n == 1 {
		return "1 mail is"
	}
	return fmt.Sprintf("%d mails are", n)
}

// oneLine is a text of a stranger, harmless for a terminal.
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
