package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A restoring is one run of the restore test.
type restoring struct {
	box    *box
	number uint64            // of the last letter sent
	owner  map[string]uint64 // unique-id: the letter it was given to, in any life of the state
	out    io.Writer
}

// restore is the subcommand.
func restore(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench restore", flag.ContinueOnError)
	binary := flags.String("box", "", "the pillarbox `binary`")
	mails := flags.Int("mails", 50, "mails in each life of the state")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *binary == "" {
		fmt.Fprintln(flags.Output(), "pillarbench restore: -box is needed")
		return errUsage
	}
	folder, err := os.MkdirTemp("", "pillarbench-restore-")
	if err != nil {
		return err
	}
	b, err := newBox(*binary, folder, "64MiB", trialMailboxes[0])
	if err != nil {
		return err
	}
	r := &restoring{box: b, owner: map[string]uint64{}, out: out}
	if err := r.run(*mails); err != nil {
		return fmt.Errorf("%w (state and log stay in %s)", err, folder)
	}
	return os.RemoveAll(folder)
}

// run goes back to the same copy of the state twice: once after a clean stop, once after kill -9.
func (r *restoring) run(mails int) error {
	state := filepath.Join(r.box.folder, "state")
	backup := filepath.Join(r.box.folder, "backup")
	if err := r.life(mails, (*box).stop); err != nil {
		return err
	}
	if err := copyFolder(state, backup); err != nil {
		return err
	}
	for _, end := range []func(*box) error{(*box).stop, killed, (*box).stop} {
		if err := r.life(mails, end); err != nil {
			return err
		}
		if err := os.RemoveAll(state); err != nil {
			return err
		}
		if err := copyFolder(backup, state); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "restore: %d unique-ids given out in 4 lives, none twice: PASS\n", len(r.owner))
	return nil
}

func killed(b *box) error {
	b.kill()
	return nil
}

// life starts the box, delivers mails, looks at every unique-id and ends the box.
func (r *restoring) life(mails int, end func(*box) error) error {
	if err := r.box.start(); err != nil {
		return err
	}
	defer func() {
		if r.box.command != nil {
			r.box.kill()
		}
	}()
	s, err := dialSMTP(r.box.smtp)
	if err != nil {
		return err
	}
	defer s.close()
	for range mails {
		r.number++
		if err := s.deliver(letter{r.number, 1000}, trialMailboxes[0]+"@home.arpa"); err != nil {
			return err
		}
	}
	if err := r.look(); err != nil {
		return err
	}
	return end(r.box)
}

// look compares the letter under each unique-id with the one it was first given to.
func (r *restoring) look() error {
	session, err := dialPOP3(r.box.pop3, trialMailboxes[0], password)
	if err != nil {
		return err
	}
	defer session.close()
	uids, err := session.uids()
	if err != nil {
		return err
	}
	for i, uid := range uids {
		mail, err := session.retrieve(i + 1)
		if err != nil {
			return err
		}
		l, err := verify(mail)
		if err != nil {
			return fmt.Errorf("message %d (%s): %w", i+1, uid, err)
		}
		if was, given := r.owner[uid]; given && was != l.number {
			return fmt.Errorf("unique-id %s was given to letter %d and is letter %d now", uid, was, l.number)
		}
		r.owner[uid] = l.number
	}
	return session.command("QUIT")
}

// copyFolder copies a folder with owners, modes and times.
func copyFolder(from, to string) error {
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("cp -a %s: %w: %s", from, err, out)
	}
	return nil
}
