package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ourselves is the name of the box among the servers; every other name is a peer's.
const ourselves = "pillarbox"

// A server is a mail server that a bench starts, loads and looks at from outside.
type server interface {
	start() error              // returns when all its ports greet
	began() time.Time          // when its start was last begun
	stop() error               // it can be started again
	process() int              // its first process, from which its others descend
	connect() (*sender, error) // a connection for mail in
	maildrop() string          // its POP3 address, "" when it has none
	settle() error             // returns when no mail waits in a queue
	forget() error             // removes, while stopped, what it can make again from the mail
}

// A bench is what the subcommands that compare servers are told on the command line.
type bench struct {
	name   string // of the server
	binary string
	peers  string
	folder string
	label  string
}

func (b *bench) flags(set *flag.FlagSet) {
	set.StringVar(&b.name, "server", ourselves, "`name` of the server: "+ourselves+", or one that -peers knows")
	set.StringVar(&b.binary, "box", "", "the pillarbox `binary`")
	set.StringVar(&b.peers, "peers", "scripts/peers.sh", "the `script` that starts other servers")
	set.StringVar(&b.folder, "folder", "", "an empty `folder` on the device to measure, for all that the server writes but its log")
	set.StringVar(&b.label, "label", "", "`text` for the first column: the file system")
}

// open prepares the server for so many accounts, which mailbox names.
func (b *bench) open(set *flag.FlagSet, capacity string, accounts int) (server, error) {
	if b.folder == "" || b.name == ourselves && b.binary == "" {
		fmt.Fprintf(set.Output(), "%s: -folder is needed, and -box for %s\n", set.Name(), ourselves)
		return nil, errUsage
	}
	if b.label == "" {
		b.label = b.folder
	}
	folder, err := filepath.Abs(b.folder)
	if err != nil {
		return nil, err
	}
	if b.name != ourselves {
		return &peer{script: b.peers, name: b.name, folder: folder, log: b.log()}, nil
	}
	names := make([]string, accounts)
	for i := range names {
		names[i] = mailbox(i)
	}
	ours, err := newBox(b.binary, folder, capacity, names...)
	if err != nil {
		return nil, err
	}
	ours.logFile = b.log()
	return ours, nil
}

// mailbox names the mailbox of the i-th connection: each has its own, so that no server waits for the lock of one.
func mailbox(i int) string { return fmt.Sprintf("bench%d", i) }

// running starts the server for as long as a bench runs. Its log stays behind when something failed.
func (b *bench) running(s server, run func() error) error {
	if err := s.start(); err != nil {
		return err
	}
	if err := errors.Join(run(), s.stop()); err != nil {
		return fmt.Errorf("%w (the log of %s is %s)", err, b.name, b.log())
	}
	return os.Remove(b.log())
}

// log is off the device, for a log is no mail.
func (b *bench) log() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-%d.log", os.Getpid()))
}

// empty removes all mail of a mailbox, where the server has POP3.
func empty(s server, mailbox string) error {
	if s.maildrop() == "" {
		return nil
	}
	r, err := dialPOP3(s.maildrop(), mailbox, password)
	if err != nil {
		return err
	}
	defer r.close()
	uids, err := r.uids()
	if err != nil {
		return err
	}
	numbers := make([]int, len(uids))
	for i := range numbers {
		numbers[i] = i + 1
	}
	return r.remove(numbers)
}
