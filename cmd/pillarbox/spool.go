package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// A spoolRow is one row of the table of spool commands.
type spoolRow struct {
	name  string
	args  string
	does  string
	least int // operands
	most  int
	flags func(f *flag.FlagSet, o *spoolOptions)
	run   func(c *call, o *spoolOptions) error

	foreign bool // the arguments are another program's command line
}

const manyAccounts = 1000

// spoolVerbs returns the table, in the order of the help.
func spoolVerbs() []spoolRow {
	none := func(*flag.FlagSet, *spoolOptions) {}
	return []spoolRow{
		{"stat", "[-config FILE] [-json]", "show what is stored, what it has cost the flash, and the state of the device", 0, 0,
			func(f *flag.FlagSet, o *spoolOptions) { f.BoolVar(&o.json, "json", false, jsonFlag) }, spoolStat, false},
		{"verify", "[-config FILE]", "read all messages and report damage; nothing is written. Exit code 1: there is damage", 0, 0, none, spoolVerify, false},
		{"compact", "[-config FILE]", "move messages together so that slots become free; the server does it by itself when it needs room", 0, 0, none, spoolCompact, false},
		{"hold", "[-config FILE] COMMAND [ARGUMENT...]", "run a command that copies the state directory, and keep messages where they are until it ends", 1, 0, none, spoolHold, true},
		{"export", "[-config FILE] -format maildir|mbox|imap -o DIR|FILE | -to URL [-ca FILE | -pin SHA256] [-orphan KEY | ACCOUNT...]", "write messages for other programs, in lines that end in LF, or copy one mailbox to an IMAP server. What an earlier export wrote is not written again. Exit code 1: something was not exported", 0, manyAccounts,
			func(f *flag.FlagSet, o *spoolOptions) {
				f.StringVar(&o.format, "format", "", "the `FORMAT` to write: maildir, mbox or imap")
				f.StringVar(&o.out, "o", "", "write to this `PATH`, a directory for maildir, a file for mbox")
				f.StringVar(&o.to, "to", "", "the folder of an IMAP server: imaps://USER@HOST[:PORT]/[FOLDER], or imap:// for STARTTLS; the `URL` has no password, which is asked for or read from standard input")
				f.StringVar(&o.ca, "ca", "", "trust the authorities in this `FILE` and not those of the system")
				f.StringVar(&o.pin, "pin", "", "trust the one certificate with this `SHA256` fingerprint")
				f.StringVar(&o.orphan, "orphan", "", "export the mailbox of this `KEY`, which no account has; spool stat lists them")
			}, spoolExport, false},
		{"import", "[-config FILE] -format maildir|mbox|pillarbox [-deleted] [-dry-run] [-from NAME] ACCOUNT PATH", "import messages of other programs and keep their unique-ids. Exit code 1: something was not imported", 2, 2,
			func(f *flag.FlagSet, o *spoolOptions) {
				f.StringVar(&o.format, "format", "", "the `FORMAT` of PATH: maildir, mbox or pillarbox")
				f.StringVar(&o.from, "from", "", "the `NAME` of the account there, for -format pillarbox")
				f.BoolVar(&o.dry, "dry-run", false, "report what would be imported, and change nothing")
				f.BoolVar(&o.deleted, "deleted", false, "import messages that a mail client marked as deleted, too")
			}, spoolImport, false},
	}
}

// spoolCommand makes the group of commands of the table.
func spoolCommand() command {
	group := command{name: "spool", does: "manage stored messages, import and export them"}
	for _, row := range spoolVerbs() {
		o := &spoolOptions{}
		does, more, _ := strings.Cut(row.does, "; ")
		if before, after, found := strings.Cut(does, ". "); found {
			does, more = before, after
		}
		if more != "" {
			more = " " + sentence(more) + "."
		}
		group.below = append(group.below, command{
			name: "spool " + row.name, args: row.args, does: does, more: more,
			flags: func(f *flag.FlagSet) { row.flags(f, o) }, config: &o.config,
			operands: spoolOperands(row), most: row.most, foreign: row.foreign,
			run: func(c *call) error {
				o.rest = c.args
				return row.run(c, o)
			},
		})
	}
	return group
}

// spoolOperands returns the names of the operands that a row must have: the last words of its args.
func spoolOperands(row spoolRow) []string {
	if row.foreign {
		return []string{"COMMAND"}
	}
	words := strings.Fields(row.args)
	return words[len(words)-row.least:]
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

// spoolHold runs a command that copies the state directory. Meanwhile the server keeps every slot
// as it is, as long as it has free ones.
func spoolHold(c *call, o *spoolOptions) error {
	_, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed error
	err = client.Hold(func() error {
		failed = runForeign(o.rest)
		return failed
	})
	switch {
	case failed != nil:
		return fmt.Errorf("%s: %w; the copy is not complete", o.rest[0], failed)
	case err != nil:
		return fmt.Errorf("the copy may lack mail; make another one: %w", err)
	}
	return nil
}

// runForeign runs another program, which has the files of this one, to its end.
func runForeign(command []string) error {
	foreign := exec.Command(command[0], command[1:]...)
	foreign.Stdin, foreign.Stdout, foreign.Stderr = os.Stdin, os.Stdout, os.Stderr
	return foreign.Run()
}
