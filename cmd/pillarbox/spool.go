package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"pillarbox/appliance"
	"pillarbox/appliance/config"
	"pillarbox/appliance/control"
)

// A spoolRow is one row of the table of what can be done with the spool.
type spoolRow struct {
	name  string
	args  string
	does  string
	least int // arguments beside the flags
	most  int
	flags func(f *flag.FlagSet, o *spoolOptions)
	run   func(c *call, o *spoolOptions) error

	foreign bool // the arguments are another program's command line
}

// spoolOptions are what was written on a command line.
type spoolOptions struct {
	config string
	json   bool
	format string
	out    string
	orphan string
	from   string
	rest   []string
}

const manyAccounts = 1000

// spoolVerbs is the table, in the order they are told.
func spoolVerbs() []spoolRow {
	none := func(*flag.FlagSet, *spoolOptions) {}
	return []spoolRow{
		{"stat", "[-config FILE] [-json]", "say what is kept, what it has cost the flash, and how the device is", 0, 0,
			func(f *flag.FlagSet, o *spoolOptions) { f.BoolVar(&o.json, "json", false, "") }, spoolStat, false},
		{"verify", "[-config FILE]", "read all mail and say what is damaged; nothing is written. Exit code 1: there is damage", 0, 0, none, spoolVerify, false},
		{"compact", "[-config FILE]", "move mail together so that slots become free; a box does it by itself when it needs room", 0, 0, none, spoolCompact, false},
		{"hold", "[-config FILE] COMMAND [ARGUMENT...]", "run a command that copies the state folder, and keep mail where it is until it ends", 1, 0, none, spoolHold, true},
		{"export", "[-config FILE] -format maildir|mbox -o DIR|FILE [-orphan KEY | ACCOUNT...]", "write mail for other programs, its lines ended by LF", 0, manyAccounts,
			func(f *flag.FlagSet, o *spoolOptions) {
				f.StringVar(&o.format, "format", "", "")
				f.StringVar(&o.out, "o", "", "")
				f.StringVar(&o.orphan, "orphan", "", "")
			}, spoolExport, false},
		{"import", "[-config FILE] -format maildir|mbox|pillarbox [-from NAME] ACCOUNT PATH", "take mail from other programs, under its old unique-ids", 2, 2,
			func(f *flag.FlagSet, o *spoolOptions) {
				f.StringVar(&o.format, "format", "", "")
				f.StringVar(&o.from, "from", "", "")
			}, spoolImport, false},
	}
}

// spoolVerb looks after the mail that is kept, through the box that runs or else in its files.
func spoolVerb(c *call) error {
	names := make([]string, 0, 5)
	for _, row := range spoolVerbs() {
		if len(c.args) > 0 && row.name == c.args[0] {
			return row.do(c)
		}
		names = append(names, row.name)
	}
	switch {
	case len(c.args) == 0:
		return errUsage{strings.Join(names, ", ") + ": one of them is missing"}
	case c.args[0] == "-h" || c.args[0] == "-help" || c.args[0] == "--help":
		for _, row := range spoolVerbs() {
			fmt.Fprintf(c.stdout, "pillarbox spool %s %s\n    %s.\n", row.name, row.args, sentence(row.does))
		}
		return nil
	}
	return errUsage{fmt.Sprintf("%q is none of %s", c.args[0], strings.Join(names, ", "))}
}

func (row spoolRow) do(c *call) error {
	c.command.name, c.command.args, c.command.does = "spool "+row.name, row.args, row.does
	o := &spoolOptions{}
	flags := flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	flags.StringVar(&o.config, "config", "", "")
	row.flags(flags, o)
	var err error
	args, foreign := c.args[1:], []string(nil)
	if row.foreign {
		args, foreign = splitCommand(args)
	}
	if o.rest, err = parseFlags(flags, args, row.most); err != nil {
		return err
	}
	o.rest = append(o.rest, foreign...)
	if len(o.rest) < row.least {
		return errUsage{"something is missing"}
	}
	return row.run(c, o)
}

// ask reads the configuration and returns a client of its spool.
func (o *spoolOptions) ask(create bool) (*config.Config, *control.Client, error) {
	on, err := find(o.config)
	if err != nil {
		return nil, nil, err
	}
	client, err := appliance.Ask(context.Background(), on, create)
	return on, client, err
}

func spoolVerify(c *call, o *spoolOptions) error {
	_, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	bar := newBar(c.stderr, "verifying")
	r, err := client.Verify(bar.show)
	bar.clear()
	if err != nil {
		return err
	}
	for _, d := range r.Damaged {
		fmt.Fprintf(c.stdout, "damaged: %s %s\n", d.Mailbox, d.UID)
	}
	if r.Lost > 0 {
		fmt.Fprintf(c.stdout, "damaged: %d records found since the start, those of mail that is named here among them\n", r.Lost)
	}
	if len(r.Damaged) > 0 || r.Lost > 0 {
		return fmt.Errorf("%d of %d messages are damaged, and %d records were found so; the rest is served. Keep a copy of the state folder before anything else, and look at the card", len(r.Damaged), r.Messages, r.Lost)
	}
	fmt.Fprintf(c.stdout, "sound: %d messages, %s\n", r.Messages, bytesWord(r.Bytes))
	return nil
}

func spoolCompact(c *call, o *spoolOptions) error {
	_, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	before, err := client.Stat()
	if err != nil {
		return err
	}
	bar := newBar(c.stderr, "compacting, free slots")
	err = client.Compact(func(free int64) { bar.show(free, before.Capacity/before.SlotSize) })
	bar.clear()
	if err != nil {
		return err
	}
	after, err := client.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "free slots: %d before, %d now; %s were moved\n", before.Free, after.Free, bytesWord(after.Copied-before.Copied))
	return nil
}

// A bar shows how far something is, in one line of a terminal; elsewhere it shows nothing.
type bar struct {
	to    io.Writer // nil: nothing is shown
	what  string
	shown string
}

func newBar(to io.Writer, what string) *bar {
	if !isTerminal(to) {
		to = nil
	}
	return &bar{to: to, what: what}
}

const barWidth = 30

func (b *bar) show(done, total int64) {
	if b.to == nil {
		return
	}
	full := int(barWidth * min(done, total) / max(total, 1))
	text := fmt.Sprintf("%s [%s%s] %d of %d", b.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done, total)
	if text != b.shown {
		fmt.Fprint(b.to, "\r"+text)
		b.shown = text
	}
}

// clear takes the line away.
func (b *bar) clear() {
	if b.shown != "" {
		fmt.Fprint(b.to, "\r"+strings.Repeat(" ", len(b.shown))+"\r")
		b.shown = ""
	}
}

// bytesWord writes a size for people: "4.0 KiB".
func bytesWord(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/(1<<10), "KiB"
	for _, larger := range []string{"MiB", "GiB", "TiB"} {
		if f < 1<<10 {
			break
		}
		f, unit = f/(1<<10), larger
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}
