package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"pillarbox/appliance/cardupdate"
)

// verifyUpdateName is the name under which pillarbox-update(8) of a card image calls the program.
// It is not a public command: only a card image has slots to update.
const verifyUpdateName = "pillarbox-verify-update"

// verifyUpdateCommand reads the first page of an update from standard input and writes the verified
// values, one per line: version, kernel and root. With -key it reads a public key and writes its
// name.
func verifyUpdateCommand() command {
	var policy cardupdate.Policy
	var key bool
	row := command{
		name: "verify-update", args: "[-key] [-board NAME] [-running VERSION] [-allow-older] [-allow-unsigned] [FOLDER...]",
		does: "check the signature of an update, whose first page is read from standard input", most: 8, noConfig: true,
		flags: func(f *flag.FlagSet) {
			f.BoolVar(&key, "key", false, "read a public key instead of an update, and write its name")
			f.StringVar(&policy.Board, "board", "", "the `NAME` of the board that runs")
			f.StringVar(&policy.Running, "running", "", "the `VERSION` that runs")
			f.BoolVar(&policy.AllowOlder, "allow-older", false, "accept an update that is older than what runs")
			f.BoolVar(&policy.AllowUnsigned, "allow-unsigned", false, "accept an update without a signature")
		},
	}
	row.run = func(c *call) error {
		if key {
			return nameKey(c)
		}
		return verifyUpdate(c, &policy)
	}
	return row
}

// nameKey writes the name of the public key on standard input.
func nameKey(c *call) error {
	text, err := io.ReadAll(io.LimitReader(c.stdin, cardupdate.PageSize))
	if err != nil {
		return err
	}
	key, err := cardupdate.ParseKey(text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stdout, key.ID)
	return err
}

// verifyUpdate checks the page on standard input against the keys in the folders of c.args.
func verifyUpdate(c *call, policy *cardupdate.Policy) error {
	page, err := readPage(c.stdin)
	if err != nil {
		return err
	}
	manifest, err := cardupdate.Parse(page)
	if err != nil {
		return err
	}
	keys, err := cardupdate.ReadKeys(c.args...)
	if err != nil {
		fmt.Fprintf(c.stderr, "%s: %v; going on with the other keys\n", verifyUpdateName, err)
	}
	policy.Keys = keys
	if err := policy.Check(manifest); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "version %s\nkernel %s\nroot %s\n", manifest.Version, manifest.Kernel, manifest.Root)
	return err
}

// readPage reads no octet beyond the page, because the kernel follows it.
func readPage(from *os.File) ([]byte, error) {
	page := make([]byte, cardupdate.PageSize)
	n, err := io.ReadFull(from, page)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return page[:n], err
}
